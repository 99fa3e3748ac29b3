import type { DatabaseOf } from "@annals/core";
import { createRepository, transaction } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import type { Order } from "./order.ts";
import { User } from "./user.ts";

type Database = DatabaseOf<[typeof User, typeof Order]>;

// #region query
/** The users with the largest orders, the largest first. */
export const bigSpenders = (db: Kysely<Database>, cents: bigint) =>
  createRepository(User, { db }).query((db) =>
    db
      .selectFrom("users")
      .innerJoin("orders", "orders.customer_id", "users.id")
      .where("orders.cents", ">=", String(cents))
      .groupBy("users.id")
      .orderBy((orders) => orders.fn.max("orders.cents"), "desc")
      .limit(20)
      .select("users.id"),
  );
// #endregion

// #region lock
/** Takes one active user for itself: others pass over it until the transaction ends. */
export const suspendOne = (db: Kysely<Database>, reason: string) => {
  const users = createRepository(User, { db });
  return transaction(db, async (tx) => {
    const [user] = await users.query(
      (tx) =>
        tx
          .selectFrom("users")
          .where("status", "=", "active")
          .orderBy("created_at")
          .limit(1)
          .forUpdate()
          .skipLocked()
          .select("id"),
      { tx },
    );
    user?.suspend(reason);
    if (user !== undefined) await users.update(user, { tx });
    return user?.id;
  });
};
// #endregion
