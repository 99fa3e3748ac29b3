import type { IdOf, Repository } from "@annals/core";
import type { User } from "./user.ts";

type Users = Repository<typeof User, never>;

// #region transact
export const suspend = async (users: Users, id: IdOf<typeof User>) => {
  const { entity, result } = await users.transact(id, (user) => user.suspend("spam"));
  return result === "executed" ? `suspended at version ${entity.version}` : "nothing to do";
};

export const moveEmail = (users: Users, from: string, to: string) =>
  users.transact(
    (options) => users.findByEmail(from, options), // any finder, which passes the options on
    (user) => user.changeEmail(to),
    { attempts: 10 },
  );
// #endregion
