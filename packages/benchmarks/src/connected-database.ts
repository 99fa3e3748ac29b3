import { annalsPool } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { pinnedTypes } from "./pinned-types.ts";

/** What writers and consumers of one process have in common. */
export interface ConnectedDatabase {
  readonly connectionString: string;
  readonly pool: pg.Pool;
  /** For other libraries: they leave settings behind on connections, a statement timeout for example. */
  readonly peerPool: pg.Pool;
  readonly db: Kysely<unknown>;
  close(): Promise<void>;
}

export const connect = (connectionString: string, max = 16): ConnectedDatabase => {
  const newPool = () => new pg.Pool({ connectionString, max, types: pinnedTypes() });
  const [pool, peerPool] = [newPool(), newPool()];
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  return {
    ...{ connectionString, pool, peerPool, db },
    close: async () => {
      for (const one of [pool, peerPool]) {
        // A connection that is closing may still be told that its database is dropped.
        one.on("error", () => {});
        await one.end();
      }
    },
  };
};
