import { ConsumerChangedError, defineEntity } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  annalsPool,
  createConsumer,
  createRepository,
  entityMigration,
  transaction,
} from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

// What a database, a connection or a layout may be set to without anybody telling Annals.

const Reading = defineEntity({
  name: "reading",
  schema: z.object({ value: z.number() }),
  events: { Taken: z.object({ value: z.number() }) },
  create: (input: { value: number }) => ({ type: "Taken", ...input }),
  evolve: { Taken: (_, { value }) => ({ value }) },
  commands: {},
  index: { value: {} },
});

const database = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const { connectionString } = database;
const db = openDatabase(connectionString);
const accounts = createRepository(Account, { db });
const other = new pg.Client(connectionString);
await other.connect();
afterAll(async () => {
  await other.end();
  await db.destroy();
});

const openWith = (config: pg.PoolConfig): Kysely<unknown> => {
  const pool = annalsPool(new pg.Pool({ connectionString, ...config }));
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
};

let made = 0;
const email = (): string => {
  made += 1;
  return `${made}@example.com`;
};

describe("a consumer", () => {
  it("reads times whatever the DateStyle", async () => {
    await accounts.create({ email: email() });
    const styled = openWith({ options: "-c datestyle=German -c timezone=Asia/Kolkata" });
    const times: Date[] = [];
    const consumer = createConsumer(styled, {
      name: "styled",
      topics: [Account],
      on: { AccountOpened: (_, { recordedAt }) => void times.push(recordedAt) },
    });
    await consumer.catchUp();
    await styled.destroy();
    expect(Math.abs(Date.now() - Number(times.at(-1)))).toBeLessThan(60_000);
  });

  it("of one name in another schema is another consumer, and is refused", async () => {
    await sql`create schema elsewhere`.execute(db);
    const elsewhere = db.withSchema("elsewhere");
    await entityMigration(Account).up(elsewhere);
    const consumer = (on: Kysely<unknown>) =>
      createConsumer(on, { name: "mail", topics: [Account], on: {} });
    await consumer(db).catchUp();
    await expect(consumer(elsewhere).catchUp()).rejects.toThrow(ConsumerChangedError);
  });

  it("stops while another process holds its checkpoint, and goes on after", async () => {
    const handled: string[] = [];
    const consumer = createConsumer(db, {
      name: "held",
      topics: [Account],
      on: { AccountOpened: (event) => void handled.push(event.email) },
    });
    await consumer.catchUp();
    const before = handled.length;
    await accounts.create({ email: email() });
    await other.query("begin");
    await other.query("select from annals.checkpoints where consumer = 'held' for update");
    const started = Date.now();
    await consumer.run({ signal: AbortSignal.timeout(200) });
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(handled).toHaveLength(before);
    await other.query("rollback");
    await consumer.catchUp();
    expect(handled).toHaveLength(before + 1);
  });

  it("sees who writes into a partition, which need not lock the table", async () => {
    await sql`create schema parted`.execute(db);
    const parted = db.withSchema("parted");
    await entityMigration(Account).up(parted);
    // As an operator may do it: the table becomes a parent, its old self the first partition.
    await sql
      .raw(`alter table parted.account_events rename to account_events_1;
      create table parted.account_events (like parted.account_events_1 including defaults) partition by range (position);
      alter table parted.account_events attach partition parted.account_events_1 for values from (minvalue) to (maxvalue)`)
      .execute(db);
    const partedAccounts = createRepository(Account, { db: parted });
    const seen: string[] = [];
    const consumer = createConsumer(parted, {
      name: "parted",
      topics: [Account],
      on: { AccountOpened: (event) => void seen.push(event.email) },
    });
    const late = email();
    await other.query("begin");
    await other.query(
      `insert into parted.accounts (id, created_at, version, email, name, tenant_id)
       values (gen_random_uuid(), now(), 1, $1, 'Ada', 't')`,
      [late],
    );
    await other.query(
      `insert into parted.account_events_1 (id, sequence, event_type, event, recorded_at)
       select id, 1, 'AccountOpened',
         json_build_object('type', 'AccountOpened', 'email', $1::text, 'name', 'Ada', 'tenantId', 't'), now()
       from parted.accounts where email = $1`,
      [late],
    );
    const early = email();
    await partedAccounts.create({ email: early });
    await consumer.catchUp();
    await other.query("commit");
    await consumer.catchUp();
    expect(seen).toEqual([late, early]);
  });
});

describe("memory tells the truth", () => {
  it("after the client gave a statement up in a transaction that goes on", async () => {
    const hasty = openWith({ query_timeout: 300 });
    const hastyAccounts = createRepository(Account, { db: hasty });
    const account = await hastyAccounts.create({ email: email() });
    await transaction(hasty, async (tx) => {
      account.rename("Kept");
      await hastyAccounts.update(account, { tx });
      await sql`select pg_sleep(0.5)`.execute(tx).catch(() => {});
    });
    expect(account.pending).toEqual([]);
    expect((await accounts.findById(account.id)).state.name).toBe("Kept");
    await hasty.destroy();
  });

  it("about a connection that was given back in a transaction", async () => {
    const single = openWith({ max: 1 });
    await single.connection().execute((connection) => sql`begin`.execute(connection));
    const account = await createRepository(Account, { db: single }).create({ email: email() });
    expect(account.pending).toEqual([]);
    expect(await accounts.maybeFindById(account.id)).toBeDefined();
    await single.destroy();
  });
});

it("pages by numbers that a session would print too short", async () => {
  await entityMigration(Reading).up(db);
  const short = openWith({ options: "-c extra_float_digits=0" });
  const readings = createRepository(Reading, { db: short });
  const values = [0.3, 0.1 + 0.2, 2 / 3, 1 / 3, 1e-7, -1.5];
  for (const value of values) await readings.create({ value });
  for (const direction of ["asc", "desc"] as const) {
    const found: number[] = [];
    for await (const { state } of readings.each({ orderBy: "value", direction, first: 1 })) {
      found.push(state.value);
      if (found.length > values.length) break;
    }
    const sorted = values.toSorted((one, next) => one - next);
    expect(found).toEqual(direction === "asc" ? sorted : sorted.reverse());
  }
  await short.destroy();
});

it("refuses a bound on lock waits that PostgreSQL cannot keep", () => {
  for (const lockTimeoutMs of [-1, 0.4, Number.NaN, 3e9]) {
    expect(() => createRepository(Account, { db, lockTimeoutMs })).toThrow("lockTimeoutMs");
  }
});
