import { listStatement } from "../by-hand/batch-statements.ts";
import { fold } from "../by-hand/fold.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { newId } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { emmettUsers } from "../peers/emmett.ts";
import { type PeerUsers, seedPeer } from "../peers/peer-users.ts";
import { type PlainUsers, plainUsers } from "../peers/plain-kysely.ts";
import type { CaseSource } from "./benchmark-case.ts";

const PAGE = 100;

/** Reads a page of users, in the order of their creation, with two events each. */
export const listCase: CaseSource = {
  name: "list-100",
  unit: "entities",
  prepare: async (database) => {
    const floor = byStatement("by hand, one statement", database);
    const [emmett, plain] = [await emmettUsers(database), await plainUsers(database)];
    const seed = { users: PAGE, events: 2 };
    const streams = await seedPeer(emmett, newId, seed);
    await seedPeer(plain, newId, seed);
    const variants: readonly Variant[] = [
      byRepository("annals", database.users),
      byRepository("annals, stock pool", database.usersUnprepared),
      floor,
      byStream("emmett, stream by stream", emmett, streams),
      byPlain(plain),
    ];
    return { floor, variants };
  },
};

const expectPage = (found: number): void => {
  if (found !== PAGE) throw new Error(`A list of the benchmark has ${found} entities`);
};

const byRepository = (name: string, users: UserRepository): Variant => ({
  name,
  operationsPerRun: PAGE,
  run: async () => expectPage((await users.list({ first: PAGE })).items.length),
});

const byStatement = (name: string, { pool }: BenchmarkDatabase): Variant => ({
  name,
  operationsPerRun: PAGE,
  run: async () => {
    // One more than the page tells whether another follows.
    const { rows } = await pool.query({ ...listStatement, values: [PAGE + 1] });
    expectPage(rows.slice(0, PAGE).map(({ events }) => fold(events)).length);
  },
});

/** Emmett has no lists; who knows the ids can read each. */
const byStream = (
  name: string,
  emmett: PeerUsers,
  users: readonly { readonly id: string }[],
): Variant => ({
  name,
  operationsPerRun: PAGE,
  run: async () => {
    for (const { id } of users) {
      if ((await emmett.read(id)) === "") throw new Error("A stream of the benchmark is empty");
    }
  },
});

const byPlain = (plain: PlainUsers): Variant => ({
  name: plain.name,
  operationsPerRun: PAGE,
  run: async () => expectPage(await plain.list(PAGE)),
});
