import { type Repository, toConnection } from "@annals/core";
import type { User } from "./user.ts";

type Users = Repository<typeof User, never>;

// #region pages
/** Two pages and back: every page says whether more follows and precedes, and where it begins and ends. */
export const thereAndBack = async (users: Users) => {
  const order = { orderBy: "email", direction: "asc" } as const;
  const first = await users.list({ ...order, first: 20 });
  const second = await users.list({ ...order, first: 20, after: first.endCursor });
  return users.list({ ...order, last: 20, before: second.startCursor });
};
// #endregion

// #region walk
/** Every entity, however many there are, in bounded memory. */
export const activeNames = async (users: Users): Promise<string[]> => {
  const names: string[] = [];
  for await (const user of users.each({ where: { status: "active" } })) names.push(user.state.name);
  return names;
};
// #endregion

// #region conditions
export const conditions = async (users: Users) => ({
  suspended: await users.listByStatus("suspended", { first: 10 }),
  atExample: await users.count({ where: { email: { endsWith: "@example.com" } } }),
  someone: await users.exists({
    where: {
      or: [{ status: "suspended" }, { email: { in: ["a@example.com", "b@example.com"] } }],
      not: { email: { startsWith: "test" } },
    },
  }),
});
// #endregion

// #region connection
export const usersConnection = async (users: Users, after?: string) =>
  toConnection(await users.list({ first: 20, after }));
// #endregion
