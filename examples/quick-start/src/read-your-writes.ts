import { createRepository } from "@annals/kysely-adapter";
import { signupsByDay } from "./consumers.ts";
import type { openDatabase } from "./database.ts";
import { User } from "./user.ts";

type Db = ReturnType<typeof openDatabase>;

// #region wait
/** The consumer may run in this process or in another one. */
export const registerAndCount = async (db: Db, email: string) => {
  const user = await createRepository(User, { db }).create({ email, name: "Ada" });
  await signupsByDay(db).waitFor(user, { timeoutMs: 2_000 });
  return db.selectFrom("signups").select("count").execute();
};
// #endregion
