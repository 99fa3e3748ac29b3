import { notifyHints } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import pg from "pg";

/** Announces what is committed through the instance, until the returned function is called. */
export const notifyingWriter = (
  connectionString: string,
  db: Kysely<unknown>,
): (() => Promise<void>) => {
  const pool = new pg.Pool({ connectionString, max: 2 });
  const hints = notifyHints(db, { pool });
  return async () => {
    await hints.close();
    await pool.end();
  };
};
