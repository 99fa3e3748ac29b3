import { annalsPool } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { pinnedTypes } from "./pinned-types.ts";

/** What writers and consumers of one process have in common. */
export interface ConnectedDatabase {
  readonly connectionString: string;
  readonly pool: pg.Pool;
  readonly db: Kysely<unknown>;
  close(): Promise<void>;
}

export const connect = (connectionString: string, max = 16): ConnectedDatabase => {
  const pool = new pg.Pool({ connectionString, max, types: pinnedTypes() });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  return {
    ...{ connectionString, pool, db },
    close: () => {
      // A connection that is closing may still be told that its database is dropped.
      pool.on("error", () => {});
      return pool.end();
    },
  };
};
