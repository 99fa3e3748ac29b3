import { uuidV7Source } from "@annals/core";
import { listStatement } from "../by-hand/batch-statements.ts";
import { fold } from "../by-hand/fold.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";
import { type EmmettUsers, emmettUsers } from "../peers/emmett.ts";
import type { CaseSource } from "./benchmark-case.ts";

const PAGE = 100;

/** Reads a page of users, in the order of their creation, with two events each. */
export const listCase: CaseSource = {
  name: "list-100",
  unit: "entities",
  prepare: async (database) => {
    const floor = byStatement("by hand, one statement", database);
    const emmett = await emmettUsers(database);
    const variants: readonly Variant[] = [
      byRepository("annals", database.users),
      byRepository("annals, stock pool", database.usersUnprepared),
      floor,
      byEmmett("emmett, stream by stream", emmett, await seedStreams(emmett)),
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

const seedStreams = async (emmett: EmmettUsers): Promise<readonly string[]> => {
  const newId = uuidV7Source();
  const ids = Array.from({ length: PAGE }, () => newId());
  for (const id of ids) {
    await emmett.create(id, { email: `${id}@example.com`, name: "Name 1" });
    await emmett.rename(id, "Name 2");
  }
  return ids;
};

/** Emmett has no lists; who knows the ids can read each. */
const byEmmett = (name: string, emmett: EmmettUsers, ids: readonly string[]): Variant => ({
  name,
  operationsPerRun: PAGE,
  run: async () => {
    for (const id of ids) {
      if ((await emmett.read(id)) !== 2) throw new Error("A stream of the benchmark is short");
    }
  },
});
