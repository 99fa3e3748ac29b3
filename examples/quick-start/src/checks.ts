import { checkAtStart, checkEvents } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import type { Database } from "./database.ts";
import { User } from "./user.ts";

// #region start
/** Before the program takes up its work; "warn" and "off" let it start anyway. */
export const start = (db: Kysely<Database>): Promise<void> => checkAtStart(db, [User], "error");
// #endregion

// #region stored
/** How many of the stored events the definition cannot read, of a hundredth of them. */
export const unreadable = async (db: Kysely<Database>): Promise<number> =>
  (await checkEvents(db, User, { sample: 0.01 })).unreadable;
// #endregion
