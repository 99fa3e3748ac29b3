import {
  annalsPool,
  createRepository,
  entityMigration,
  frameworkMigrations,
  topicMigration,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { User } from "../src/user.ts";
import {
  followFeed,
  latestOf,
  maintainFeed,
  openBridge,
  openFeed,
  openUsers,
  publishJoined,
  publishTogether,
  UserFeed,
} from "../src/user-feed.ts";

const database = await testDatabase();
const pool = annalsPool(new pg.Pool({ connectionString: database.connectionString }));
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
afterAll(() => db.destroy());

it("does what the guides say", async () => {
  const migrations = [
    ...Object.values(frameworkMigrations),
    entityMigration(User),
    topicMigration(UserFeed),
  ];
  for (const { up } of migrations) await up(db);
  const feed = openFeed(db);
  const greeted: string[] = [];
  const greetings = followFeed(db, (name, key) => greeted.push(`${name} ${key}`));

  const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
  expect(await publishJoined(feed, one, "r-1")).toEqual({ published: 1, duplicates: 0 });
  expect(await publishJoined(feed, one, "r-1")).toEqual({ published: 0, duplicates: 1 });
  await publishTogether(db, feed, [one, other]);
  await greetings.catchUp();
  expect(greeted).toEqual([`Ada ${one}`]);
  expect(await latestOf(feed, other)).toBe("UserJoined");

  const users = createRepository(User, { db });
  const bob = await users.create({ email: "bob@example.com", name: "Bob" });
  const bridge = openBridge(db, feed);
  await bridge.catchUp();
  expect(await latestOf(feed, bob.id)).toBe("UserJoined");
  bob.suspend("spam");
  await users.update(bob);
  await bridge.catchUp();
  expect(await latestOf(feed, bob.id)).toBeUndefined();

  const eve = await openUsers(db, feed).create({ email: "eve@example.com", name: "Eve" });
  expect(await latestOf(feed, eve.id)).toBe("UserJoined");
  const held = await maintainFeed(feed);
  expect(held).toBeUndefined();
});
