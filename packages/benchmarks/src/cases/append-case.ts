import type { EntityOf } from "@annals/core";
import { createRepository } from "@annals/kysely-adapter";
import { expectOneRow, inTransaction } from "../by-hand/in-transaction.ts";
import { recordStatement } from "../by-hand/recorded-statement.ts";
import {
  appendStatement,
  type PreparedStatement,
  transactionStatements,
} from "../by-hand/write-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { User } from "../entity.ts";
import { newId, newName } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { peersOf } from "../peers/all-peers.ts";
import { type PeerUsers, peerAppend, seedPeer } from "../peers/peer-users.ts";
import { seedUsers, type Tables } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

/** Appends one event to a user in hand, at the version it is known to have. */
export const appendCase: CaseSource = {
  name: "append",
  unit: "events",
  prepare: async (database, { writersPerWorker }) => {
    const all = (tables: Tables): Setting => ({ database, tables, writersPerWorker });
    const floor = await byStatement("by hand, one statement", all("guarded"));
    const variants: Variant[] = [
      await byRepository("annals", database.users, all("guarded")),
      await byRepository("annals, two lanes", database.usersTwoLanes, all("guarded")),
      await byRepository("annals, one by one", database.usersOneByOne, all("guarded")),
      await byRepository("annals, guards minimal", database.usersMinimallyGuarded, all("minimal")),
      await byRepository("annals, stock pool", database.usersUnprepared, all("guarded")),
      floor,
      await byOurStatement("by hand, our statement", all("guarded")),
      await byTransaction("by hand, 4 round trips", all("guarded")),
      await byStatement("by hand, guards minimal", all("minimal")),
      await byStatement("by hand, bare tables", all("bare")),
    ];
    for (const peer of await peersOf(database)) variants.push(await byPeer(peer, all("bare")));
    return { floor, variants };
  },
};

/** Whose tables are appended to, by how many users in turn. */
export interface Setting {
  readonly database: BenchmarkDatabase;
  readonly tables: Tables;
  readonly writersPerWorker: number;
}

/** What a hand-written append keeps of a user. */
interface Writer {
  readonly id: string;
  readonly email: string;
  version: number;
}

let sets = 0;

/** Users that nobody else writes, some for each worker, so that nothing ever conflicts. */
const seedWriters = async (setting: Setting): Promise<readonly Writer[]> => {
  const { database, tables, writersPerWorker } = setting;
  sets += 1;
  const users = database.connections * writersPerWorker;
  const seeded = await seedUsers(database.pool, tables, `writer-${sets}`, { users, events: 1 });
  return seeded.map((user) => ({ ...user, version: 1 }));
};

/** Gives each worker its own items in turn. */
const inTurn = <Item>(items: readonly Item[], perWorker: number): ((worker: number) => Item) => {
  const rounds: number[] = [];
  return (worker) => {
    const round = rounds[worker] ?? 0;
    rounds[worker] = round + 1;
    return items[worker * perWorker + (round % perWorker)] as Item;
  };
};

const renamed = (name: string): string => JSON.stringify({ type: "UserRenamed", name });

const byRepository = async (
  name: string,
  users: UserRepository,
  setting: Setting,
): Promise<Variant> => {
  const writers = await seedWriters(setting);
  const found = await users.findAll(writers.map(({ id }) => id));
  const entities: readonly EntityOf<typeof User>[] = [...found.values()];
  const next = inTurn(entities, setting.writersPerWorker);
  return {
    name,
    run: async (worker) => {
      const user = next(worker);
      user.rename(newName());
      const written = await users.update(user);
      if (written !== 1) throw new Error(`An append of the benchmark wrote ${written} events`);
    },
  };
};

/** The hand-written statement, on any set of tables. */
export const byStatement = async (name: string, setting: Setting): Promise<Variant> => {
  const { pool } = setting.database;
  const statement: PreparedStatement = appendStatement(setting.tables);
  const next = inTurn(await seedWriters(setting), setting.writersPerWorker);
  return {
    name,
    run: async (worker) => {
      const user = next(worker);
      const values = [user.id, user.version, user.email, "active", renamed(newName())];
      expectOneRow(await pool.query({ ...statement, values }));
      user.version += 1;
    },
  };
};

const byOurStatement = async (name: string, setting: Setting): Promise<Variant> => {
  const { pool } = setting.database;
  const writers = await seedWriters(setting);
  const sample = writers[0] as Writer;
  const query = await recordStatement(pool, async (db) => {
    const users = createRepository(User, { db: db.withSchema("guarded") });
    const user = await users.findById(sample.id);
    const newest = newName();
    user.rename(newest);
    await users.update(user);
    const { id, email } = sample;
    return { id, email, version: 1, versionAfter: 2, event: renamed(newest) };
  });
  sample.version = 2;
  const next = inTurn(writers, setting.writersPerWorker);
  return {
    name,
    run: async (worker) => {
      const user = next(worker);
      const { id, email, version } = user;
      const event = renamed(newName());
      const versionAfter = version + 1;
      expectOneRow(await pool.query(query({ id, email, version, versionAfter, event })));
      user.version = versionAfter;
    },
  };
};

const byTransaction = async (name: string, setting: Setting): Promise<Variant> => {
  const { updateUser, insertEvent } = transactionStatements(setting.tables);
  const next = inTurn(await seedWriters(setting), setting.writersPerWorker);
  return {
    name,
    run: async (worker) => {
      const user = next(worker);
      await inTransaction(setting.database.pool, async (client) => {
        const values = [user.id, user.version, user.email, "active"];
        expectOneRow(await client.query({ ...updateUser, values }));
        const event = [user.id, user.version + 1, renamed(newName())];
        await client.query({ ...insertEvent, values: event });
      });
      user.version += 1;
    },
  };
};

const byPeer = async (
  peer: PeerUsers,
  { database: { connections }, writersPerWorker }: Setting,
): Promise<Variant> => {
  const users = connections * writersPerWorker;
  const writers = await seedPeer(peer, newId, { users, events: 1 });
  return peerAppend(peer, writers, connections);
};
