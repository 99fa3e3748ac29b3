import { DuplicateValueError, type EntityOf, type Repository } from "@annals/core";
import type { User } from "./user.ts";

type Users = Repository<typeof User, never>;

// #region create
/** All of them or none; the entities come in the order of the inputs. */
export const importUsers = async (
  users: Users,
  rows: readonly { email: string; name: string }[],
) => {
  try {
    return await users.createAll(rows);
  } catch (error) {
    if (!(error instanceof DuplicateValueError)) throw error;
    throw new Error(`Row ${error.batchIndex} has an email that is taken`);
  }
};
// #endregion

// #region update
/** One statement, whatever their number; who has nothing pending is left out. */
export const suspendAll = async (users: Users, emails: readonly string[]) => {
  const { items } = await users.list({ where: { email: { in: emails } }, first: 1000 });
  for (const user of items) user.suspend("spam");
  return users.updateAll(items);
};
// #endregion

// #region swap
export const swapEmails = async (
  users: Users,
  one: EntityOf<typeof User>,
  other: EntityOf<typeof User>,
) => {
  const [email, otherEmail] = [one.state.email, other.state.email];
  one.changeEmail(otherEmail);
  other.changeEmail(email);
  return users.updateAll([one, other]);
};
// #endregion
