import { newLocalKey } from "@annals/core";
import {
  annalsPool,
  createRepository,
  entityMigration,
  frameworkMigrations,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { Customer, Invoice, keysFrom } from "../src/customer.ts";
import {
  type CustomerTables,
  changeWrappingKey,
  customerList,
  forgetCustomer,
  greeting,
} from "../src/forget.ts";

const { connectionString } = await testDatabase();
const db = new Kysely<CustomerTables>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
afterAll(() => db.destroy());

it("forgets as the guide shows", async () => {
  for (const { up } of Object.values(frameworkMigrations)) await up(db);
  await entityMigration(Customer).up(db);
  await entityMigration(Invoice).up(db);
  const keys = keysFrom({ DATA_KEY_2026: newLocalKey() });
  const customers = createRepository(Customer, { db, keys });
  const invoices = createRepository(Invoice, { db, keys });
  const { id } = await customers.create({ email: "ada@example.com", name: "Ada", plan: "pro" });
  await invoices.create({ customerId: id, address: "1 Main Street", cents: 900 });
  await sql`create table customer_list (id uuid primary key, plan text not null, name text)`.execute(
    db,
  );
  const list = customerList(db, keys);
  await list.catchUp();
  const listed = () => db.selectFrom("customer_list").select(["plan", "name"]).execute();
  expect(await listed()).toEqual([{ plan: "pro", name: "Ada" }]);
  expect(await greeting(db, keys, id)).toBe("Hello Ada");
  expect(await changeWrappingKey(db, keys)).toEqual({ rewrapped: 0, finished: true });

  const { receipt, ...verified } = await forgetCustomer(db, keys, id);
  expect(receipt).toMatchObject({ kind: "customer", id, entities: 2, values: 1 });
  expect(verified).toEqual({ isForgotten: true, remnants: [] });
  expect(await greeting(db, keys, id)).toBe("Hello");
  await list.catchUp();
  expect(await listed()).toEqual([{ plan: "pro", name: null }]);
});
