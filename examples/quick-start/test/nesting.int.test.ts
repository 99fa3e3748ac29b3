import { treeOf } from "@annals/core";
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
import { Basket } from "../src/basket.ts";
import { additions, shop } from "../src/nesting.ts";

const { connectionString } = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
});
afterAll(() => db.destroy());

it("follows baskets with their items as the guide shows", async () => {
  for (const { up } of Object.values(frameworkMigrations)) await up(db);
  for (const definition of treeOf(Basket)) await entityMigration(definition).up(db);
  const baskets = createRepository(Basket, { db });
  const { id } = await shop(baskets);
  const counted: string[] = [];
  await additions(db, (basketId) => counted.push(basketId)).catchUp();
  expect(counted).toEqual([id, id, id, id]);
});
