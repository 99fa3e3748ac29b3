import { type DatabaseOf, defineEntity, type EntityOf } from "@annals/core";
import { type Kysely, sql, type Transaction } from "kysely";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { createRepository } from "./index.ts";

const User = defineEntity({
  name: "user",
  id: z.uuid().brand("UserId"),
  schema: z.object({ email: z.string() }),
  events: { Registered: z.object({ email: z.string() }) },
  create: (input: { email: string }) => ({ type: "Registered", ...input }),
  evolve: { Registered: (_, { email }) => ({ email }) },
  commands: {},
  index: { email: { unique: true } },
});

type Database = DatabaseOf<[typeof User]> & {
  orders: { id: number; customer_id: string; placed_at: Date };
};
declare const db: Kysely<Database>;
declare const tx: Transaction<Database>;
const users = createRepository(User, { db });

describe("query", () => {
  it("returns entities, and knows the user's own tables", () => {
    const found = users.query(
      (own) =>
        own
          .selectFrom("users")
          .innerJoin("orders", "orders.customer_id", "users.id")
          .orderBy("orders.placed_at")
          .select("users.id"),
      { tx },
    );
    expectTypeOf(found).toEqualTypeOf<Promise<EntityOf<typeof User>[]>>();
    users.query((own) => own.selectFrom("users").selectAll());
    users.query((own) => own.selectFrom("orders").select("customer_id as id"));
    users.query(() => sql<{ id: string }>`select id from users`);
    users.query((own) => own.selectFrom("users").select(["id", "email"]).distinctOn("email"));
    users.query((own) =>
      own
        .with("some", (some) => some.selectFrom("users").select("id").limit(1))
        .selectFrom("some")
        .select("id"),
    );
    users.query((own) =>
      own
        .selectFrom("users")
        .select("id")
        .union(own.selectFrom("orders").select("customer_id as id").$castTo<{ id: never }>()),
    );
  });

  it("does not compile without an id of the entity", () => {
    // @ts-expect-error: no id
    users.query((own) => own.selectFrom("users").select("email"));
    // @ts-expect-error: an id of another type
    users.query((own) => own.selectFrom("orders").select("id"));
    // @ts-expect-error: nothing is known of what it selects
    users.query(() => sql`select id from users`);
    const joined = (own: Kysely<Database>) =>
      own.selectFrom("orders").leftJoin("users", "users.id", "orders.customer_id");
    // @ts-expect-error: may have no id
    users.query((own) => joined(own).select("users.id"));
    // @ts-expect-error: executed, and so no query any more
    users.query((own) => own.selectFrom("users").select("id").execute());
    // @ts-expect-error: no such table
    users.query((own) => own.selectFrom("people").select("id"));
  });

  it("takes no time: only findById reads the past", () => {
    users.findById("" as EntityOf<typeof User>["id"], { asOf: new Date() });
    users.maybeFindById("" as EntityOf<typeof User>["id"], { asOf: { version: 1 } });
    // @ts-expect-error: index rows hold what is true now
    users.findByEmail("a@example.com", { asOf: new Date() });
    // @ts-expect-error: a time or a version
    users.findById("" as EntityOf<typeof User>["id"], { asOf: 3 });
  });
});
