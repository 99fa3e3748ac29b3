import { createStoreRepository } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { kyselyStore } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Erasure is a role's privilege. Everything here is plain SQL, by roles that are not the library's.

const database = await testDatabase({
  name: "account",
  migrate: (connectionString) => migrate(connectionString, [Account]),
});
const db = openDatabase(database.connectionString);
const accounts = createStoreRepository(Account, kyselyStore(db));
const suffix = Math.random().toString(36).slice(2, 10);
const eraser = `officer_${suffix}`;
const writer = `writer_${suffix}`;
let id: string;
let count = 0;

beforeAll(async () => {
  for (const statement of [
    `create role ${eraser} in role annals_eraser`,
    `create role ${writer}`,
    // More than an application ever needs, so that it is the guard that refuses and not a privilege.
    `grant usage on schema annals, public to ${writer}`,
    `grant all on all tables in schema public to ${writer}`,
    `grant select on annals.erasures to ${writer}`,
    `grant create on schema public to ${writer}, ${eraser}`,
  ]) {
    await sql.raw(statement).execute(db);
  }
});
afterAll(async () => {
  for (const role of [eraser, writer]) {
    await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(db);
  }
  await db.destroy();
});
beforeEach(async () => {
  count += 1;
  const account = await accounts.create({ email: `a${count}@example.com` });
  account.rename("Countess");
  await accounts.update(account);
  id = account.id;
});

/** Runs statements in one transaction as a role, and returns what the database said to the last. */
const as = async (role: string, ...statements: readonly string[]) => {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    await client.query(`begin; set local session authorization ${role}`);
    for (const statement of statements) await client.query(statement);
    await client.query("commit");
    return undefined;
  } catch (error) {
    return error as { code: string; message: string };
  } finally {
    await client.end();
  }
};

const BLANK = `{"type": "AccountRenamed", "name": "erased"}`;
const erase = (sequence = 2, event = BLANK, table = "public.account_events"): string =>
  `select annals.erase_event('${table}', '${id}', ${sequence}, '${event}', null, 'asked by letter 7')`;
const update = (where = "true"): string =>
  `update public.account_events set event = '${BLANK}' where id = '${id}' and sequence = 2 and ${where}`;

const stored = async () => {
  const { rows } = await sql<{ event: { name: string } }>`select event from account_events
    where id = ${id}::uuid order by sequence`.execute(db);
  return rows.map(({ event }) => event.name);
};
const logged = async () =>
  (await sql`select * from annals.erasures where entity_id = ${id}::uuid`.execute(db)).rows;

describe("erasure", () => {
  it("replaces the content of one event for a member of annals_eraser, and logs who, which and why", async () => {
    expect(await as(eraser, erase())).toBeUndefined();
    expect(await stored()).toEqual(["Ada", "erased"]);
    const [entry] = await logged();
    expect(entry).toMatchObject({
      events_table: "public.account_events",
      sequence: 2,
      reason: "asked by letter 7",
      session_role: eraser,
      acting_role: eraser,
      erased_at: expect.any(Date),
    });
    expect(JSON.stringify(entry)).not.toMatch(/Countess|erased"/);
    expect((await accounts.findById(id)).state.name).toBe("erased");
  });

  it("leaves everything else as it is: type, place and time", async () => {
    const rest = () =>
      sql`select id, sequence, event_type, recorded_at, position, event_version from account_events
        where id = ${id}::uuid order by sequence`.execute(db);
    const before = (await rest()).rows;
    expect(await as(eraser, erase())).toBeUndefined();
    expect((await rest()).rows).toEqual(before);
    expect(await as(eraser, erase(2, `{"type": "AccountOpened"}`))).toMatchObject({
      code: "23514",
    });
  });

  it("takes its log entry back when it is rolled back", async () => {
    expect(await as(eraser, erase(), "select 1 / 0")).toMatchObject({ code: "22012" });
    expect(await stored()).toEqual(["Ada", "Countess"]);
    expect(await logged()).toEqual([]);
  });

  it("says that there is no such event, no reason, no such table", async () => {
    expect(await as(eraser, erase(9))).toMatchObject({
      code: "AN005",
      message: `There is no event 9 of ${id} in public.account_events`,
    });
    expect(await as(eraser, erase().replace("asked by letter 7", ""))).toMatchObject({
      code: "23514",
    });
    expect(await as(eraser, erase(2, BLANK, "public.accounts"))).toMatchObject({ code: "AN005" });
    expect(await logged()).toEqual([]);
  });

  it("refuses a table of another owner, whose triggers would run with the function's rights", async () => {
    const bait = [
      `create table public.bait_${count} (id uuid, sequence int, event jsonb, context jsonb)`,
      `create trigger bait before update on public.bait_${count}
        for each row execute function annals.allow_erasure()`,
    ];
    const error = await as(eraser, ...bait, erase(2, BLANK, `public.bait_${count}`));
    expect(error).toMatchObject({ code: "AN005", message: expect.stringContaining("owned") });
  });
});

describe("nobody else changes an event", () => {
  it.each<[what: string, ...statements: (() => string)[]]>([
    ["by UPDATE", () => update()],
    ["of nothing", () => update("false")],
    ["by DELETE", () => "delete from public.account_events"],
    ["by TRUNCATE", () => "truncate public.account_events"],
    [
      "by MERGE",
      () => `merge into public.account_events e using (select 1) s on e.id = '${id}'
      when matched then update set event = '${BLANK}'`,
    ],
    [
      "by INSERT … ON CONFLICT",
      () => `insert into public.account_events select * from
      public.account_events where id = '${id}'
      on conflict (id, sequence) do update set event = '${BLANK}'`,
    ],
    ["with a setting of its own", () => "set local annals.erasing = 'on'", () => update()],
    [
      "with a search path that shadows the log",
      () => "create temp table erasures as select * from annals.erasures",
      () => "set local search_path = pg_temp, annals, public",
      () => update(),
    ],
    [
      "with operators of its own in front",
      () =>
        `create function public.yes_${count}(text, text) returns boolean language sql as 'select true'`,
      () =>
        `create operator public.= (leftarg = text, rightarg = text, function = public.yes_${count})`,
      () => "set local search_path = public, pg_catalog",
      () => update(),
    ],
  ])("%s", async (_, ...statements) => {
    const error = await as(writer, ...statements.map((statement) => statement()));
    expect(error).toMatchObject({ code: "AN001" });
    expect(await stored()).toEqual(["Ada", "Countess"]);
  });

  it.each<[what: string, ...statements: (() => string)[]]>([
    ["by calling the function", () => erase()],
    ["by becoming an eraser", () => "set role annals_eraser"],
    [
      "by writing the log",
      () => `insert into annals.erasures (events_table, entity_id, sequence, reason)
      values ('public.account_events', '${id}', 2, 'mine')`,
    ],
    ["by turning triggers off", () => "set local session_replication_role = replica"],
    ["by disabling the guard", () => "alter table public.account_events disable trigger all"],
    [
      "by replacing the guard",
      () => `create or replace function annals.refuse_change() returns
      trigger language plpgsql as 'begin return null; end'`,
    ],
  ])("%s, for which a privilege is missing", async (_, ...statements) => {
    const error = await as(writer, ...statements.map((statement) => statement()));
    expect(error).toMatchObject({ code: "42501" });
    expect(await stored()).toEqual(["Ada", "Countess"]);
  });

  it("not an eraser either, by any way but the function", async () => {
    await sql.raw(`grant select, update on public.account_events to ${eraser}`).execute(db);
    expect(await as(eraser, update())).toMatchObject({ code: "AN001" });
    // In the very transaction of an erasure: other events, and other columns.
    const other = `update public.account_events set event = event where id = '${id}' and sequence = 1`;
    expect(await as(eraser, erase(), other)).toMatchObject({ code: "AN001" });
    const place = `update public.account_events set sequence = 7 where id = '${id}' and sequence = 2`;
    expect(await as(eraser, erase(), place)).toMatchObject({ code: "AN001" });
    expect(await as(eraser, erase(), "delete from public.account_events")).toMatchObject({
      code: "42501",
    });
    expect(await stored()).toEqual(["Ada", "Countess"]);
    // Nor later, when the transaction that logged it is over.
    expect(await as(eraser, erase())).toBeUndefined();
    expect(await as(eraser, update())).toMatchObject({ code: "AN001" });
  });

  it("not the owner, who may at most log it first", async () => {
    await expect(sql.raw(update()).execute(db)).rejects.toMatchObject({ code: "AN001" });
    await expect(sql`delete from annals.erasures`.execute(db)).rejects.toMatchObject({
      code: "AN001",
    });
    await expect(sql`update annals.erasures set reason = 'x'`.execute(db)).rejects.toMatchObject({
      code: "AN001",
    });
    await expect(sql`truncate annals.erasures`.execute(db)).rejects.toMatchObject({
      code: "AN001",
    });
  });
});
