import { notifyHints } from "@annals/kysely-adapter";
import pg from "pg";
import type { openDatabase } from "./database.ts";

// #region hints
/** In every process, those that only write included. Close what it returns before the pool. */
export const openHints = (db: ReturnType<typeof openDatabase>, connectionString: string) => {
  const pool = new pg.Pool({ connectionString, max: 2, keepAlive: true });
  const hints = notifyHints(db, { pool });
  return { close: () => hints.close().then(() => pool.end()) };
};
// #endregion
