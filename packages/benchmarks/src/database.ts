import type { Repository } from "@annals/core";
import { annalsPool, createRepository } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { MinimallyGuardedUser, User } from "./entity.ts";
import { pinnedTypes } from "./pinned-types.ts";
import { createTables } from "./tables.ts";

export type UserRepository = Repository<typeof User, Transaction<unknown>>;

/** A database with the tables to measure on, and every way of ours to reach it. */
export interface BenchmarkDatabase {
  /** What the hand-written variants use. Ours use it as well: connection for connection the same. */
  readonly pool: pg.Pool;
  readonly db: Kysely<unknown>;
  /** The highest number of connections that are used at a time. */
  readonly connections: number;
  readonly users: UserRepository;
  /** With more writes gathered, as serves a database that is near. */
  readonly usersTwoLanes: UserRepository;
  /** With every write in a statement of its own, however many there are at a time. */
  readonly usersOneByOne: UserRepository;
  readonly usersMinimallyGuarded: UserRepository;
  /** Without `annalsPool`, as Kysely's dialect takes a pool: nothing is prepared. */
  readonly usersUnprepared: UserRepository;
  close(): Promise<void>;
}

export const openDatabase = async (
  connectionString: string,
  connections: number,
): Promise<BenchmarkDatabase> => {
  const types = pinnedTypes();
  const pool = new pg.Pool({ connectionString, max: connections, idleTimeoutMillis: 0, types });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  const unprepared = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  await createTables(pool, db);
  return {
    pool,
    db,
    connections,
    users: createRepository(User, { db: db.withSchema("guarded") }),
    usersTwoLanes: createRepository(User, {
      db: db.withSchema("guarded"),
      coalesce: { lanes: 2 },
    }),
    usersOneByOne: createRepository(User, { db: db.withSchema("guarded"), coalesce: false }),
    usersMinimallyGuarded: createRepository(MinimallyGuardedUser, {
      db: db.withSchema("minimal"),
    }),
    usersUnprepared: createRepository(User, { db: unprepared.withSchema("guarded") }),
    close: () => {
      // A connection that is closing may still be told that its database is dropped.
      pool.on("error", () => {});
      return pool.end();
    },
  };
};

/** The server's version and the settings that the numbers depend on. */
export const describeServer = async (pool: pg.Pool): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings where name = any ($1) order by name`,
    [SETTINGS],
  );
  const version = await pool.query<{ server_version: string }>("show server_version");
  return [
    `PostgreSQL ${version.rows[0]?.server_version}`,
    ...rows.map(({ name, setting }) => `${name}=${setting}`),
  ];
};

const SETTINGS = [
  ...["fsync", "synchronous_commit", "wal_level", "full_page_writes"],
  ...["shared_buffers", "max_wal_size", "autovacuum"],
];
