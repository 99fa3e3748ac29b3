import { createStoreRepository } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { kyselyStore } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

// What the database itself refuses, whoever writes: every statement here is plain SQL.

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const db = openDatabase(database.connectionString);
const people = createStoreRepository(Person, kyselyStore(db));
afterAll(() => db.destroy());

let id: string;
let count = 0;

beforeEach(async () => {
  count += 1;
  const person = await people.create({ email: `p${count}@example.com`, slug: `p${count}` });
  person.renameOften([`p${count}a`, `p${count}b`]);
  await people.update(person);
  id = person.id;
});

const insertEvents = (entity: string, sequences: readonly number[], type = "Renamed") =>
  sql`insert into person_events (id, sequence, event_type, event, recorded_at)
    select ${entity}::uuid, s, ${type}, jsonb_build_object('type', ${type}::text, 'slug', 'x'), now()
    from unnest(${sequences}::int[]) s`;

const moveVersion = (entity: string, version: number) =>
  sql`update people set version = ${version} where id = ${entity}::uuid`;

/** Runs statements in one transaction and returns what the database said to the last of them. */
const refusal = (...statements: readonly { execute(db: never): Promise<unknown> }[]) =>
  db
    .transaction()
    .execute(async (tx) => {
      for (const statement of statements) await statement.execute(tx as never);
    })
    .then(
      () => undefined,
      (error: { code: string; constraint?: string; hint?: string }) => error,
    );

describe("stored events", () => {
  it.each([
    ["UPDATE", sql`update person_events set sequence = 9`],
    ["UPDATE of nothing", sql`update person_events set sequence = 9 where false`],
    ["DELETE", sql`delete from person_events`],
    ["TRUNCATE", sql`truncate person_events`],
    ["TRUNCATE by cascade", sql`truncate people cascade`],
    ["MERGE", sql`merge into person_events e using (select 1) s on true when matched then delete`],
  ])("refuse %s, saying why", async (_, statement) => {
    const stored = sql`select id, sequence, event from person_events order by 1, 2`;
    const before = await stored.execute(db);
    const error = await refusal(statement);
    expect(error).toMatchObject({ code: "AN001" });
    expect((await stored.execute(db)).rows).toEqual(before.rows);
  });

  it("refuse a change with a hint about what to do instead", async () => {
    expect(await refusal(sql`delete from person_events where false`)).toMatchObject({
      code: "AN001",
      hint: "Append an event that says what is true now.",
    });
  });
});

describe("an insert of events", () => {
  it("passes when it continues the history up to the index row's version", async () => {
    expect(await refusal(moveVersion(id, 5), insertEvents(id, [4, 5]))).toBeUndefined();
  });

  it.each([
    ["the version was left behind", [3], [4]],
    ["the version is too high", [5], [4]],
    ["the version is too low", [4], [4, 5]],
    ["there is a hole before", [5], [5]],
    ["there is a hole inside", [6], [4, 6]],
  ])("is refused when %s", async (_, [version], sequences) => {
    const error = await refusal(moveVersion(id, version as number), insertEvents(id, sequences));
    expect(error).toMatchObject({ code: "AN002", constraint: "person_events_contiguous" });
  });

  it("is refused when it comes before the index row is moved", async () => {
    const error = await refusal(insertEvents(id, [4]), moveVersion(id, 4));
    expect(error).toMatchObject({ code: "AN002" });
  });

  it("is refused as a whole when one of its entities is wrong", async () => {
    const other = await people.create({ email: `o${count}@example.com`, slug: `o${count}` });
    const both = sql`insert into person_events (id, sequence, event_type, event, recorded_at)
      select e.id, e.sequence, 'Renamed', '{"type": "Renamed", "slug": "x"}', now()
      from (values (${id}::uuid, 4), (${other.id}::uuid, 2)) e (id, sequence)`;
    const error = await refusal(moveVersion(id, 4), both);
    expect(error).toMatchObject({ code: "AN002" });
    expect(await refusal(moveVersion(id, 4), moveVersion(other.id, 2), both)).toBeUndefined();
  });

  it("is refused for an entity whose first event is not its number 1", async () => {
    const newcomer = crypto.randomUUID();
    const row = sql`insert into people
      (id, created_at, version, email, tenant_id, slug, status, age, verified, born_on, seen_at, fortune, labels)
      values (${newcomer}::uuid, now(), 2, ${`n${count}@example.com`}, ${newcomer}::uuid, 'n', 'active', 1, true, now(), now(), 1, '{}')`;
    expect(await refusal(row, insertEvents(newcomer, [2]))).toMatchObject({ code: "AN002" });
  });

  it.each([0, -1])("is refused for the sequence %i", async (sequence) => {
    expect(await refusal(insertEvents(id, [sequence]))).toMatchObject({
      code: "23514",
      constraint: "person_events_sequence_check",
    });
  });

  it("is refused for a position that is taken", async () => {
    const again = sql`insert into person_events
      (id, sequence, event_type, event, recorded_at, position)
      select ${id}::uuid, 4, 'Renamed', '{"type": "Renamed"}', now(), min(position) from person_events`;
    expect(await refusal(moveVersion(id, 4), again)).toMatchObject({
      code: "23505",
      constraint: "person_events_position_key",
    });
  });

  it("is refused for a sequence that is taken", async () => {
    expect(await refusal(insertEvents(id, [3]))).toMatchObject({
      code: "23505",
      constraint: "person_events_id_sequence_key",
    });
  });

  it("is refused without an entity", async () => {
    const nobody = "00000000-0000-4000-8000-000000000000";
    // The guard would refuse it as well; the foreign key is checked first.
    expect(await refusal(insertEvents(nobody, [1]))).toMatchObject({
      code: expect.stringMatching(/^(23503|AN002)$/),
    });
  });

  it("is refused for an event type that the entity does not declare", async () => {
    const error = await refusal(moveVersion(id, 4), insertEvents(id, [4], "Gone"));
    expect(error).toMatchObject({ code: "23514", constraint: "person_events_event_type_check" });
  });

  it.each([
    ["another type inside", `{"type": "Aged"}`, 1],
    ["no type inside", `{"slug": "x"}`, 1],
    ["a version inside that its column does not have", `{"type": "Renamed", "v": 2}`, 1],
    ["a version that is not inside", `{"type": "Renamed"}`, 2],
    ["a first version spelled out", `{"type": "Renamed", "v": 1}`, 1],
  ])("is refused when the event has %s", async (_, event, version) => {
    const insert = sql`insert into person_events
      (id, sequence, event_type, event, event_version, recorded_at)
      values (${id}::uuid, 4, 'Renamed', ${event}::jsonb, ${version}, now())`;
    expect(await refusal(moveVersion(id, 4), insert)).toMatchObject({
      code: "23514",
      constraint: "person_events_event_check",
    });
  });
});

describe("two first events at once", () => {
  it("have one winner", async () => {
    const newcomer = "01890a5d-ac96-774b-bcce-b302099a8058";
    const create = (email: string) =>
      db.transaction().execute(async (tx) => {
        await sql`insert into people
          (id, created_at, version, email, tenant_id, slug, status, age, verified, born_on, seen_at, fortune, labels)
          values (${newcomer}::uuid, now(), 1, ${email}, ${newcomer}::uuid, ${email}, 'active', 1, true, now(), now(), 1, '{}')`.execute(
          tx,
        );
        await insertEvents(newcomer, [1]).execute(tx);
      });
    const ends = await Promise.allSettled([create("a@example.com"), create("b@example.com")]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});
