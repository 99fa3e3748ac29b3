import { createRepository } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import type { Database } from "./database.ts";
import { User } from "./user.ts";

// #region cache
export const cachedUsers = (db: Kysely<Database>) =>
  createRepository(User, { db, cache: { events: 200_000 } });
// #endregion
