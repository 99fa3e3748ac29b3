import { type Folded, fold } from "../by-hand/fold.ts";
import { aggregatedRead, type Key, rowsRead, twoReads } from "../by-hand/read-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { newId } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { peersOf } from "../peers/all-peers.ts";
import { peerRead, seedPeer } from "../peers/peer-users.ts";
import { type SeededUser, seedUsers } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

/** Brings a user back from its events. By hand, the events are folded, and not checked. */
const readCase = (name: string, key: Key, events: number): CaseSource => ({
  name,
  unit: "entities",
  prepare: async (database, { readers, streams }) => {
    const users = await seedUsers(database.pool, "guarded", name, { users: readers, events });
    const setting = readSetting(database, key, events, users);
    const floor = byAggregate("by hand, one row", setting);
    const variants: Variant[] = [
      byRepository("annals", database.users, setting),
      byRepository("annals, stock pool", database.usersUnprepared, setting),
      floor,
      byRows("by hand, a row per event", setting),
      byTwo("by hand, 2 round trips", setting),
    ];
    const seed = { users: Math.ceil(streams / 5), events };
    // None of them can find an event-sourced user by a column.
    for (const peer of key === "id" ? await peersOf(database) : []) {
      variants.push(peerRead(peer, await seedPeer(peer, newId, seed)));
    }
    return { floor, variants };
  },
});

export const findCase = readCase("find-by-email-10", "email", 10);

export const readCases: readonly CaseSource[] = [
  findCase,
  readCase("load-10", "id", 10),
  readCase("load-100", "id", 100),
];

export interface Setting {
  readonly database: BenchmarkDatabase;
  readonly key: Key;
  readonly events: number;
  /** The id or email of another user each time. */
  readonly next: () => string;
}

export const readSetting = (
  database: BenchmarkDatabase,
  key: Key,
  events: number,
  users: readonly SeededUser[],
): Setting => ({ database, key, events, next: anyOf(users, key) });

/** Steps through the users by a stride that is prime to their number, so that no page stays hot. */
const anyOf = (users: readonly SeededUser[], key: Key): (() => string) => {
  let at = 0;
  return () => {
    at = (at + 7_919) % users.length;
    return (users[at] as SeededUser)[key];
  };
};

const expectEvents = (found: number | undefined, { events }: Setting): void => {
  if (found !== events) throw new Error(`A read of the benchmark found ${found} events`);
};

const expectFolded = ({ name }: Folded, events: number, setting: Setting): void => {
  expectEvents(events, setting);
  if (name === "") throw new Error("A read of the benchmark folded into nobody");
};

export const byRepository = (name: string, users: UserRepository, setting: Setting): Variant => ({
  name,
  run: async () => {
    const wanted = setting.next();
    const user =
      setting.key === "id" ? await users.findById(wanted) : await users.findByEmail(wanted);
    expectEvents(user.version, setting);
  },
});

export const byAggregate = (name: string, setting: Setting): Variant => {
  const statement = aggregatedRead(setting.key);
  return {
    name,
    run: async () => {
      const values = [setting.next()];
      const { rows } = await setting.database.pool.query({ ...statement, values });
      const { events } = rows[0];
      expectFolded(fold(events), events.length, setting);
    },
  };
};

export const byRows = (name: string, setting: Setting): Variant => {
  const statement = rowsRead(setting.key);
  return {
    name,
    run: async () => {
      const values = [setting.next()];
      const { rows } = await setting.database.pool.query({ ...statement, values });
      expectFolded(fold(rows.map(({ event }) => event)), rows.length, setting);
    },
  };
};

const byTwo = (name: string, setting: Setting): Variant => {
  const { user, events } = twoReads(setting.key);
  const { pool } = setting.database;
  return {
    name,
    run: async () => {
      const found = await pool.query({ ...user, values: [setting.next()] });
      const { rows } = await pool.query({ ...events, values: [found.rows[0]?.id] });
      expectFolded(fold(rows.map(({ event }) => event)), rows.length, setting);
    },
  };
};
