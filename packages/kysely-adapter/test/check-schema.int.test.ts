import { defineEntity } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkSchema } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

const Stranger = defineEntity({
  name: "stranger",
  schema: z.object({ personId: z.uuid() }),
  events: { Came: z.object({ personId: z.uuid() }) },
  create: (personId: string) => ({ type: "Came", personId }),
  evolve: { Came: (_, { personId }) => ({ personId }) },
  commands: {},
  index: { personId: { references: "people.id" } },
});

/** What `checkSchema` says after a change, which is undone. */
const foundAfter = async (...changes: readonly string[]) => {
  await db.transaction().execute(async (tx) => {
    for (const change of changes) await sql.raw(change).execute(tx);
  });
  return (await checkSchema(db, [Person])).map(({ object, problem }) => `${object}: ${problem}`);
};
let undo: readonly string[] = [];
afterEach(async () => {
  for (const statement of undo) await sql.raw(statement).execute(db);
  undo = [];
  expect(await checkSchema(db, [Person])).toEqual([]);
});

describe("checkSchema", () => {
  it("finds nothing in a database that was migrated, and leaves nothing behind", async () => {
    expect(await checkSchema(db, [Person])).toEqual([]);
    const { rows } =
      await sql`select from pg_class where relnamespace = pg_my_temp_schema()`.execute(db);
    expect(rows).toEqual([]);
  });

  it("finds the tables of a definition that was never migrated, also one with references", async () => {
    expect(await checkSchema(db, [Stranger])).toEqual([
      expect.objectContaining({ entity: "stranger", object: "table stranger_events" }),
      expect.objectContaining({ object: "table strangers", problem: "It is missing." }),
    ]);
  });

  it.each<[what: string, change: string, undo: string, found: RegExp]>([
    [
      "a dropped column",
      "alter table people drop column nick",
      `alter table people add nick text collate "und-x-icu"; create index people_nick_idx on people (nick)`,
      /column people.nick: It is missing/,
    ],
    [
      "a changed type",
      "alter table people alter age type bigint",
      "alter table people alter age type integer",
      /column people.age: It is "bigint not null", but has to be "integer not null"/,
    ],
    [
      "a lost NOT NULL",
      "alter table people alter age drop not null",
      "alter table people alter age set not null",
      /column people.age: It is "integer", but/,
    ],
    [
      "a lost unique constraint",
      "alter table people drop constraint people_email_key",
      "alter table people add constraint people_email_key unique (email)",
      /constraint people.people_email_key: It is missing/,
    ],
    [
      "a constraint that is weaker",
      `alter table people drop constraint people_slug_check; alter table people add constraint people_slug_check check (true)`,
      `alter table people drop constraint people_slug_check; alter table people add constraint people_slug_check check (length(slug) > 0)`,
      /constraint people.people_slug_check: It is "CHECK \(true\)"/,
    ],
    [
      "a constraint that was not validated",
      `alter table people drop constraint people_slug_check; alter table people add constraint people_slug_check check (length(slug) > 0) not valid`,
      "alter table people validate constraint people_slug_check",
      /constraint people.people_slug_check: It (is "CHECK .* NOT VALID"|has not been validated)/,
    ],
    [
      "a lost index",
      "drop index people_created_at_idx",
      "create index people_created_at_idx on people (created_at, id)",
      /index people.people_created_at_idx: It is missing/,
    ],
    [
      "a disabled guard",
      "alter table person_events disable trigger person_events_immutable",
      "alter table person_events enable trigger person_events_immutable",
      /trigger person_events.person_events_immutable: It is disabled/,
    ],
    [
      "a dropped guard",
      "drop trigger person_events_contiguous on person_events",
      `create trigger person_events_contiguous after insert on person_events referencing new table as inserted for each statement execute function person_events_guard()`,
      /trigger person_events.person_events_contiguous: It is missing/,
    ],
    [
      "a column that nothing writes",
      "alter table people add extra integer default 1 not null; alter table people alter extra drop default",
      "alter table people drop extra",
      /column people.extra: No definition knows it/,
    ],
    [
      "a trigger that could change events",
      "create trigger meddle before insert on person_events for each statement execute function annals.refuse_change()",
      "drop trigger meddle on person_events",
      /trigger person_events.meddle: No definition knows it/,
    ],
    [
      "a sequence that caches",
      "alter sequence annals.position cache 10",
      "alter sequence annals.position cache 1",
      /sequence annals.position: It caches/,
    ],
    [
      "a disabled guard of the log of erasures",
      "alter table annals.erasures disable trigger erasures_immutable",
      "alter table annals.erasures enable trigger erasures_immutable",
      /trigger annals.erasures.erasures_immutable: It is disabled/,
    ],
    [
      "a disabled door of erasure",
      "alter table person_events disable trigger person_events_erasure",
      "alter table person_events enable trigger person_events_erasure",
      /trigger person_events.person_events_erasure: It is disabled/,
    ],
    [
      "who may put a trigger before an events table's own",
      "grant trigger on person_events to public",
      "revoke trigger on person_events from public",
      /table public.person_events: PUBLIC has TRIGGER on it/,
    ],
    [
      "who may write the log that erasure is let through by",
      "grant insert on annals.erasures to annals_eraser",
      "revoke insert on annals.erasures from annals_eraser",
      /table annals.erasures: annals_eraser has INSERT on it/,
    ],
    [
      "a guard that fires for replicated changes alone",
      "alter table person_events enable replica trigger person_events_immutable",
      "alter table person_events enable trigger person_events_immutable",
      /trigger person_events.person_events_immutable: It is disabled/,
    ],
    [
      "a rule that would have inserts do nothing",
      "create rule mine as on insert to person_events do instead nothing",
      "drop rule mine on person_events",
      /table person_events: It is "table with rules"/,
    ],
    [
      "row-level security that would hide events",
      "alter table person_events enable row level security",
      "alter table person_events disable row level security",
      /table person_events: It is "table with row-level security"/,
    ],
    [
      "another owner, who could turn guards off",
      "alter table person_events owner to annals_eraser",
      "alter table person_events owner to current_user",
      /table public.person_events: annals_eraser owns it, not \w+ as the rest/,
    ],
    [
      "a table whose rows are read as events",
      "create table strays () inherits (person_events)",
      "drop table strays",
      /table public.person_events: public.strays inherits from it/,
    ],
    [
      "an erasure that everybody may do",
      "grant execute on function annals.erase_event to public",
      "revoke execute on function annals.erase_event from public",
      /function annals.erase_event: PUBLIC has EXECUTE on it/,
    ],
  ])("finds %s", async (_, change, back, found) => {
    undo = back.split("; ");
    const differences = await foundAfter(...change.split("; "));
    expect(differences).toContainEqual(expect.stringMatching(found));
    // With a column goes its index.
    expect(differences.length).toBe(change.includes("drop column") ? 2 : 1);
  });

  it("finds a function that was replaced", async () => {
    const [function_] = (
      await sql<{
        text: string;
      }>`select pg_get_functiondef('person_events_guard'::regproc) as text`.execute(db)
    ).rows;
    undo = [function_?.text ?? ""];
    const differences = await foundAfter(
      "create or replace function person_events_guard() returns trigger language plpgsql as $$ begin return null; end $$",
    );
    expect(differences).toEqual([expect.stringMatching(/^function person_events_guard: It is/)]);
  });

  it.each(["refuse_change", "allow_erasure"])("finds that annals.%s was replaced", async (name) => {
    const text = sql<{
      text: string;
    }>`select pg_get_functiondef(${`annals.${name}`}::regproc) as text`;
    undo = (await text.execute(db)).rows.map((row) => row.text);
    const differences = await foundAfter(
      `create or replace function annals.${name}() returns trigger language plpgsql as $$ begin return new; end $$`,
    );
    expect(differences).toEqual([expect.stringMatching(/^function annals.*: It is not the one/)]);
  });

  it("finds that no trigger fires for this session", async () => {
    const url = new URL(database.connectionString);
    url.searchParams.set("options", "-c session_replication_role=replica");
    const replica = openDatabase(url.href);
    const found = await checkSchema(replica, [Person]);
    await replica.destroy();
    expect(found).toEqual([
      expect.objectContaining({ object: "setting session_replication_role" }),
    ]);
  });

  it("leaves alone what a team adds by itself", async () => {
    undo = ["drop index mine", "alter table people drop note"];
    const added = "create index mine on people (fortune); alter table people add note text";
    expect(await foundAfter(...added.split("; "))).toEqual([]);
  });

  it("needs no privilege beyond those of the application", async () => {
    undo = ["drop owned by checking", "drop role checking"];
    for (const grant of [
      "create role checking",
      "grant usage on schema annals to checking",
      "grant select on all tables in schema annals to checking",
      "grant select on people, person_events to checking",
    ]) {
      await sql.raw(grant).execute(db);
    }
    const limited = openDatabase(`${database.connectionString}`);
    try {
      await limited.connection().execute(async (connection) => {
        await sql`set role checking`.execute(connection);
        expect(await checkSchema(connection, [Person])).toEqual([]);
        await sql`reset role`.execute(connection);
      });
    } finally {
      await limited.destroy();
    }
  });
});
