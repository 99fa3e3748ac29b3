import { type IdOf, isNotFound, type Repository } from "@annals/core";
import { User } from "./user.ts";

type Users = Repository<typeof User, never>;
type UserId = IdOf<typeof User>;

// #region history
/** The latest ten events, the newest first, as an audit shows them. */
export const auditTrail = async (users: Users, id: UserId) => {
  const { items, hasNextPage } = await users.history(id, { direction: "desc", first: 10 });
  const lines = items.map(
    ({ event, sequence, recordedAt }) => `${sequence} ${recordedAt.toISOString()} ${event.type}`,
  );
  return hasNextPage ? [...lines, "…"] : lines;
};
// #endregion

// #region walk
/** Every address that a user ever had, however long the history is. */
export const emailsOf = async (users: Users, id: UserId) => {
  const emails: string[] = [];
  for await (const { event } of users.eachEvent(id)) {
    if (event.type === "UserRegistered" || event.type === "EmailChanged") emails.push(event.email);
  }
  return emails;
};
// #endregion

// #region as-of
export const pastOf = async (users: Users, id: UserId, time: Date) => ({
  atFirst: await users.findById(id, { asOf: { version: 1 } }),
  atTheTime: await users.maybeFindById(id, { asOf: time }),
});
// #endregion

// #region guards
export const nameOf = async (users: Users, email: string) => {
  try {
    return (await users.findByEmail(email)).state.name;
  } catch (error) {
    if (isNotFound(error, User, "email")) return "nobody";
    throw error;
  }
};
// #endregion
