import {
  type EmbeddedServer,
  type PostgresServer,
  startEmbeddedPostgres,
} from "@annals/testing/postgres";
import { Kysely, PostgresDialect, sql } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { annalsPool, entityMigration, frameworkMigrations, type PgPool } from "../../src/index.ts";
import { Account, Order, type Tables } from "./entities.ts";

export interface GroundOptions {
  readonly binaries?: string | undefined;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A server that a test owns, so that it may crash it. */
export const startGround = ({ binaries, settings }: GroundOptions = {}): Promise<EmbeddedServer> =>
  startEmbeddedPostgres({
    ...(binaries !== undefined && { binaries }),
    // The times of commits are what delivery is measured from.
    settings: { track_commit_timestamp: "on", ...settings },
  });

/** A database with the two topics and the tables of the harness. */
export const createTestDatabase = async (server: PostgresServer): Promise<string> => {
  const { connectionString } = await server.createDatabase();
  const db = connect(connectionString);
  try {
    const migrations = {
      ...frameworkMigrations,
      entity_accounts: entityMigration(Account),
      entity_orders: entityMigration(Order),
    };
    const { error } = await new Migrator({
      db,
      provider: { getMigrations: async () => migrations },
    }).migrateToLatest();
    if (error !== undefined) throw error;
    await sql`create table deliveries (
      n bigint generated always as identity, consumer text not null, entity uuid not null,
      sequence int not null, position bigint not null,
      delivered_at timestamptz not null default clock_timestamp()
    )`.execute(db);
    await sql`create table elsewhere (note text)`.execute(db);
  } finally {
    await db.destroy();
  }
  return connectionString;
};

export interface ConnectOptions {
  readonly max?: number;
  /** Shown in pg_stat_activity; what may be terminated is found by it. */
  readonly name?: string;
  /** Stands between the pool and Annals, to hold statements up. */
  readonly around?: (pool: PgPool) => PgPool;
}

/** A Kysely instance that outlives terminated connections and restarts, as a service has to. */
export const connect = (connectionString: string, options: ConnectOptions = {}): Kysely<Tables> => {
  const { max = 4, name = "harness", around = (pool: PgPool) => pool } = options;
  const pool = new pg.Pool({ connectionString, max, application_name: name });
  // An idle connection that breaks is replaced at the next use.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: annalsPool(around(pool)) }) });
};
