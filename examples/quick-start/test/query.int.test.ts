import type { DatabaseOf } from "@annals/core";
import {
  annalsPool,
  createRepository,
  entityMigration,
  frameworkMigrations,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { Order, OrderId } from "../src/order.ts";
import { bigSpenders, suspendOne } from "../src/query.ts";
import { User } from "../src/user.ts";

const { connectionString } = await testDatabase();
const db = new Kysely<DatabaseOf<[typeof User, typeof Order]>>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
afterAll(() => db.destroy());

it("queries as the guide shows", async () => {
  for (const { up } of Object.values(frameworkMigrations)) await up(db);
  await entityMigration(User).up(db);
  await entityMigration(Order).up(db);
  const users = createRepository(User, { db });
  const orders = createRepository(Order, { db });
  const ids: string[] = [];
  let number = 0;
  for (const amounts of [[100n, 900n], [500n], [10n]]) {
    const user = await users.create({ email: `${ids.length}@example.com`, name: "User" });
    ids.push(user.id);
    for (const cents of amounts) {
      number += 1;
      const input = { shop: "s", number, customerId: user.id, cents };
      await orders.create(input, { id: OrderId.parse(crypto.randomUUID()) });
    }
  }
  const found = await bigSpenders(db, 100n);
  expect(found.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const suspended = await suspendOne(db, "spam");
  expect((await users.findById(suspended as (typeof found)[0]["id"])).state.status).toBe(
    "suspended",
  );
});
