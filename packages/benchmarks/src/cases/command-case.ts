import { uuidV7Source } from "@annals/core";
import { fold } from "../by-hand/fold.ts";
import { expectOneRow } from "../by-hand/in-transaction.ts";
import { aggregatedRead } from "../by-hand/read-statements.ts";
import { appendStatement } from "../by-hand/write-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";
import { type EmmettUsers, emmettUsers } from "../peers/emmett.ts";
import { seedUsers } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

const EVENTS = 10;

/** Handles a command: reads a user of ten events, decides, and appends one. Each user takes one turn. */
export const commandCase: CaseSource = {
  name: "command-10",
  unit: "commands",
  prepare: async (database) => {
    const next = (label: string) => seededIds(database, label);
    const floor = byStatement("by hand, 2 statements", database, await next("command-by-hand"));
    const emmett = await emmettUsers(database);
    const variants: readonly Variant[] = [
      byRepository("annals", database.users, await next("command-annals")),
      byRepository("annals, stock pool", database.usersUnprepared, await next("command-stock")),
      floor,
      byEmmett("emmett", emmett, await emmettIds(emmett)),
    ];
    return { floor, variants };
  },
};

/** Enough that none has many more events than it began with by the end. */
const SEEDED = 5_000;
const STREAMS = 500;

const inTurn = (ids: readonly string[]): (() => string) => {
  let at = 0;
  return () => {
    at = (at + 1) % ids.length;
    return ids[at] as string;
  };
};

const seededIds = async ({ pool }: BenchmarkDatabase, label: string): Promise<() => string> => {
  const users = await seedUsers(pool, "guarded", label, { users: SEEDED, events: EVENTS });
  return inTurn(users.map(({ id }) => id));
};

const emmettIds = async (emmett: EmmettUsers): Promise<() => string> => {
  const newId = uuidV7Source();
  const ids = Array.from({ length: STREAMS }, () => newId());
  for (const id of ids) {
    await emmett.create(id, { email: `${id}@example.com`, name: "Name 1" });
    for (let event = 2; event <= EVENTS; event += 1) await emmett.rename(id, `Name ${event}`);
  }
  return inTurn(ids);
};

let names = 0;

const newName = (): string => {
  names += 1;
  return `New name ${names}`;
};

const byRepository = (name: string, users: UserRepository, next: () => string): Variant => ({
  name,
  run: async () => {
    const user = await users.findById(next());
    user.rename(newName());
    await users.update(user);
  },
});

const byStatement = (name: string, { pool }: BenchmarkDatabase, next: () => string): Variant => {
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

const byEmmett = (name: string, emmett: EmmettUsers, next: () => string): Variant => ({
  name,
  run: () => emmett.rename(next(), newName()),
});
