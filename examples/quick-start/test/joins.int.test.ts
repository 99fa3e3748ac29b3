import {
  annalsPool,
  createConsumer,
  createTopic,
  frameworkMigrations,
  topicMigration,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import {
  FulfilmentFeed,
  OrderFeed,
  openFulfilment,
  PaymentFeed,
  reportMissing,
} from "../src/joins.ts";
import { openFeed, UserFeed } from "../src/user-feed.ts";

const database = await testDatabase();
const pool = annalsPool(new pg.Pool({ connectionString: database.connectionString }));
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
afterAll(() => db.destroy());

const minute = (n: number) => new Date(Date.UTC(2024, 0, 1, 0, n));

it("joins two streams within a window, and a stream with a table", async () => {
  const topics = [UserFeed, OrderFeed, PaymentFeed, FulfilmentFeed].map(topicMigration);
  for (const { up } of [...Object.values(frameworkMigrations), ...topics]) await up(db);
  const users = openFeed(db);
  let now = minute(0);
  const clock = { now: () => now, sleep: async () => {} };
  const orders = createTopic(OrderFeed, { db, clock });
  const payments = createTopic(PaymentFeed, { db, clock });
  const userId = crypto.randomUUID();
  await users.publish({ type: "UserJoined", userId, name: "Ada" });

  const order = async (at: number, orderId: string) => {
    now = minute(at);
    await orders.publish({ type: "OrderPlaced", orderId, userId });
  };
  const payment = async (at: number, orderId: string) => {
    now = minute(at);
    await payments.publish({ type: "PaymentReceived", orderId });
  };
  await order(0, "in order");
  await payment(1, "too early");
  await payment(2, "the other way round");
  await order(3, "never paid");
  await order(4, "the other way round");
  await payment(59, "in order");
  await order(62, "too early");
  await openFulfilment(db, users).catchUp();
  expect(await reportMissing(db, minute(63))).toBe(1);
  expect(await reportMissing(db, minute(200))).toBe(1);
  expect(await reportMissing(db, minute(200))).toBe(0);

  const outcome: string[] = [];
  await createConsumer(db, {
    name: "outcome",
    topics: [FulfilmentFeed],
    onEvent: (event) => {
      const name = event.type === "OrderReady" ? ` for ${event.name}` : "";
      outcome.push(`${event.type} ${event.orderId}${name}`);
    },
  }).catchUp();
  expect(outcome).toEqual([
    "OrderReady the other way round for Ada",
    "OrderReady in order for Ada",
    "PaymentMissing never paid",
    "PaymentMissing too early",
  ]);
});
