import { setTimeout as sleep } from "node:timers/promises";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createConsumer, createRepository, replay } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Where consumers start is settled: what is in flight meanwhile is neither lost nor doubled.

const database = await testDatabase({ name: "account", migrate: (url) => migrate(url, [Account]) });
const db = openDatabase(database.connectionString);
const accounts = createRepository(Account, { db });
afterAll(() => db.destroy());

let made = 0;
const input = () => {
  made += 1;
  return { email: `start-${made}@example.com` };
};

const isRegistered = async (name: string): Promise<boolean> => {
  const { rows } = await sql`select from annals.consumers where name = ${name}`.execute(db);
  return rows.length > 0;
};

const positionOf = async (id: string): Promise<number> => {
  const { rows } = await sql<{ position: string }>`
    select position from account_events where id = ${id}`.execute(db);
  return Number(rows[0]?.position);
};

describe("a consumer from now", () => {
  it("waits for a transaction that has appended, and misses nothing after it", async () => {
    const late = await db.startTransaction().execute();
    const inFlight = await accounts.create(input(), { tx: late });
    const seen: string[] = [];
    const consumer = createConsumer(db, {
      name: "from-now",
      topics: [Account],
      start: "now",
      onEvent: (_, { entityId }) => void seen.push(entityId),
    });
    const first = consumer.catchUp();
    const meanwhile = await accounts.create(input());
    await sleep(700);
    expect(await isRegistered("from-now")).toBe(false);
    await late.commit().execute();
    const position = await first;
    expect(position).toBeGreaterThanOrEqual(await positionOf(inFlight.id));
    const after = await accounts.create(input());
    await consumer.catchUp();
    expect(seen).not.toContain(inFlight.id);
    expect(seen.at(-1)).toBe(after.id);
    expect(seen.filter((id) => id === meanwhile.id).length).toBeLessThanOrEqual(1);
  });
});

describe("a consumer from a time", () => {
  it("begins with an event that was drawn first and committed last", async () => {
    await accounts.create(input());
    await sleep(5);
    const time = new Date();
    await sleep(5);
    const late = await db.startTransaction().execute();
    const inFlight = await accounts.create(input(), { tx: late });
    const visible = await accounts.create(input());
    const seen: string[] = [];
    const consumer = createConsumer(db, {
      name: "from-time",
      topics: [Account],
      start: { time },
      onEvent: (_, { entityId }) => void seen.push(entityId),
    });
    const first = consumer.catchUp();
    await sleep(300);
    await late.commit().execute();
    await first;
    expect(seen).toEqual([inFlight.id, visible.id]);
  });
});

describe("a replay up to now", () => {
  it("has what was in flight when it began, and does not wait for what comes later", async () => {
    const late = await db.startTransaction().execute();
    const inFlight = await accounts.create(input(), { tx: late });
    const seen: string[] = [];
    const from = { position: 0 };
    const replayed = replay(db, {
      ...{ topics: [Account], from },
      onEvent: (_, { entityId }) => void seen.push(entityId),
    });
    await sleep(200);
    await late.commit().execute();
    await replayed;
    expect(seen).toContain(inFlight.id);
    expect(seen).toEqual([...new Set(seen)]);
  });
});

describe("SQL functions", () => {
  it("pause, resume, reset, rename and remove", async () => {
    const name = "by-sql";
    const handled: number[] = [];
    const follow = (as: string) =>
      createConsumer(db, {
        name: as,
        topics: [Account],
        onEvent: (_, { position }) => void handled.push(position),
      });
    await follow(name).catchUp();
    const all = handled.splice(0).length;
    await sql`select annals.pause_consumer(${name}, 'a migration')`.execute(db);
    await expect(follow(name).catchUp()).rejects.toThrow("a migration");
    await sql`select annals.resume_consumer(${name})`.execute(db);
    await sql`select annals.reset_consumer(${name}, 0)`.execute(db);
    await follow(name).catchUp();
    expect(handled.splice(0)).toHaveLength(all);
    await sql`call annals.reset_consumer_to_time(${name}, null)`.execute(db);
    await follow(name).catchUp();
    expect(handled).toEqual([]);
    await sql`update annals.consumers set name = 'by-row' where name = ${name}`.execute(db);
    await expect(follow(name).catchUp()).rejects.toMatchObject({
      code: "ANNALS_CONSUMER_RENAMED",
      renamedTo: "by-row",
    });
    await follow("by-row").catchUp();
    expect(handled).toEqual([]);
    await sql`delete from annals.consumers where name = 'by-row'`.execute(db);
    await follow("by-row").catchUp();
    expect(handled).toHaveLength(all);
    await expect(
      sql`select annals.reset_consumer('by-row', 9007199254740991)`.execute(db),
    ).rejects.toMatchObject({ code: "AN009" });
  });
});
