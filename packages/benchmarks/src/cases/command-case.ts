import { fold } from "../by-hand/fold.ts";
import { expectOneRow } from "../by-hand/in-transaction.ts";
import { aggregatedRead } from "../by-hand/read-statements.ts";
import { appendStatement } from "../by-hand/write-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { newId, newName } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { peersOf } from "../peers/all-peers.ts";
import { peerCommand, seedPeer } from "../peers/peer-users.ts";
import { seedUsers } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

const EVENTS = 10;

/** Handles a command: reads a user of ten events, decides, and appends one. Each user takes one turn. */
export const commandCase: CaseSource = {
  name: "command-10",
  unit: "commands",
  prepare: async (database, { streams }) => {
    // Enough that none has many more events than it began with by the end.
    const next = (label: string) => seededIds(database, label, streams * 10);
    const floor = byStatement("by hand, 2 statements", database, await next("command-by-hand"));
    const variants: Variant[] = [
      byRepository("annals", database.users, await next("command-annals")),
      byRepository("annals, stock pool", database.usersUnprepared, await next("command-stock")),
      floor,
    ];
    for (const peer of await peersOf(database)) {
      const users = await seedPeer(peer, newId, { users: streams, events: EVENTS });
      variants.push(peerCommand(peer, users));
    }
    return { floor, variants };
  },
};

export const inTurn = (ids: readonly string[]): (() => string) => {
  let at = 0;
  return () => {
    at = (at + 1) % ids.length;
    return ids[at] as string;
  };
};

const seededIds = async (
  { pool }: BenchmarkDatabase,
  label: string,
  users: number,
): Promise<() => string> => {
  const seeded = await seedUsers(pool, "guarded", label, { users, events: EVENTS });
  return inTurn(seeded.map(({ id }) => id));
};

export const byRepository = (name: string, users: UserRepository, next: () => string): Variant => ({
  name,
  run: async () => {
    const user = await users.findById(next());
    user.rename(newName());
    await users.update(user);
  },
});

export const byStatement = (
  name: string,
  { pool }: BenchmarkDatabase,
  next: () => string,
): Variant => {
  const read = aggregatedRead("id");
  const append = appendStatement("guarded");
  return {
    name,
    run: async () => {
      const { rows } = await pool.query({ ...read, values: [next()] });
      const { id, version, events } = rows[0];
      const user = fold(events);
      const event = JSON.stringify({ type: "UserRenamed", name: newName() });
      const values = [id, version, user.email, "active", event];
      expectOneRow(await pool.query({ ...append, values }));
    },
  };
};
