import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { annalsPool, checkSchema, createRepository, verify } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";
import { Strict } from "./database/strict.ts";

// What an entity may ask for beyond the default: a role that can only add, and events that refer to the one
// before them. Whatever goes around the library is plain SQL.

const ROLE = "annals_test_writer";
const database = await testDatabase({
  name: "strict",
  migrate: (connectionString) => migrate(connectionString, [Person, Strict]),
});
const { connectionString } = database;
const owner = openDatabase(connectionString);
const writer = new Kysely<unknown>({
  dialect: new PostgresDialect({
    pool: annalsPool(new pg.Pool({ connectionString, options: `-c role=${ROLE}` })),
  }),
});
afterAll(() => Promise.all([owner.destroy(), writer.destroy()]));

const strict = createRepository(Strict, { db: writer });
let count = 0;
let id: string;
beforeEach(async () => {
  count += 1;
  const made = await strict.create(`s${count}`);
  made.note("a", "b");
  await strict.update(made);
  id = made.id;
});

const refusal = (db: Kysely<unknown>, ...statements: readonly string[]) =>
  db
    .transaction()
    .execute(async (tx) => {
      for (const statement of statements) await sql.raw(statement).execute(tx);
    })
    .then(
      () => undefined,
      (error: { code: string; message: string; constraint?: string }) => error,
    );

describe("the writer role", () => {
  it("is enough for all that a repository does", async () => {
    const { rows } = await sql`select current_user as role`.execute(writer);
    expect(rows).toEqual([{ role: ROLE }]);
    const [first, second] = await strict.createAll([`x${count}`, `y${count}`]);
    first?.note("batch");
    second?.note("batch");
    await strict.updateAll([first, second] as never);
    const twice = { idempotencyKey: `key ${count}` };
    const keyed = await strict.create(`k${count}`, twice);
    expect((await strict.create(`k${count}`, twice)).id).toBe(keyed.id);
    await strict.transact(keyed.id, (one) => one.note("more"));
    await strict.delete(await strict.findByCode(`k${count}`));
    expect((await strict.list({ where: { text: "batch" } })).items).not.toHaveLength(0);
    expect(await strict.history(id)).toMatchObject({ items: { length: 3 } });
    await sql`select strict_append(gen_random_uuid(), 0, '[{"type": "Opened", "code": "sql"}]',
      ${JSON.stringify({ code: `sql${count}`, text: "" })}::jsonb)`.execute(writer);
    expect(await verify(owner, Strict)).toMatchObject({ differing: 1 });
  });

  it.each([
    ["UPDATE of events", "update strict_events set event_type = 'Noted' where false"],
    ["DELETE of events", "delete from strict_events where false"],
    ["TRUNCATE of events", "truncate strict_events"],
    ["a position of its own", "insert into strict_events (id, position) select id, 1 from stricts"],
    ["DELETE of index rows", "delete from stricts where false"],
    ["TRUNCATE of index rows", "truncate stricts cascade"],
    ["a change of an immutable column", "update stricts set code = 'other' where false"],
    ["a change of an id", "update stricts set id = gen_random_uuid() where false"],
    ["a guard turned off", "alter table strict_events disable trigger strict_events_immutable"],
    [
      "a trigger of its own",
      "create trigger mine before insert on strict_events for each row execute function annals.refuse_change()",
    ],
    [
      "an erasure",
      "select annals.erase_event('strict_events', gen_random_uuid(), 1, '{}', null, 'no')",
    ],
    ["a lie in the log of erasures", "insert into annals.erasures (events_table) values ('x')"],
  ])("is denied %s", async (_, statement) => {
    expect(await refusal(writer, statement)).toMatchObject({ code: "42501" });
  });

  it("is held to the same guards as everybody", async () => {
    const hole = `insert into strict_events (id, sequence, event_type, event, recorded_at)
      values ('${id}', 5, 'Noted', '{"type": "Noted", "text": "x"}', now())`;
    const error = await refusal(writer, `update stricts set version = 5 where id = '${id}'`, hole);
    expect(error?.code).toMatch(/^(AN002|23503)$/);
  });

  describe("whose privileges changed", () => {
    const undo: string[] = [];
    afterEach(async () => {
      for (const statement of undo.splice(0)) await sql.raw(statement).execute(owner);
      expect(await checkSchema(owner, [Strict])).toEqual([]);
    });

    it.each<[string, string, RegExp]>([
      [
        `grant update on strict_events to ${ROLE}`,
        `revoke update on strict_events from ${ROLE}`,
        /strict_events: annals_test_writer has UPDATE on \w+, itself/,
      ],
      [
        `grant delete on strict_events to public`,
        `revoke delete on strict_events from public`,
        /strict_events: annals_test_writer has DELETE, itself or through another role/,
      ],
      [
        `grant insert (position) on strict_events to ${ROLE}`,
        `revoke insert (position) on strict_events from ${ROLE}`,
        /strict_events: annals_test_writer has INSERT on position/,
      ],
      [
        `revoke update (version) on stricts from ${ROLE}`,
        `grant update (version) on stricts to ${ROLE}`,
        /stricts: annals_test_writer lacks UPDATE on version, so that it cannot write/,
      ],
    ])("is reported: %s", async (change, back, expected) => {
      undo.push(back);
      await sql.raw(change).execute(owner);
      const found = await checkSchema(owner, [Strict]);
      expect(found.map(({ object, problem }) => `${object}: ${problem}`)).toContainEqual(
        expect.stringMatching(expected),
      );
    });
  });

  it("is reported where it is missing", async () => {
    const { plan } = Strict;
    const other = { ...Strict, plan: { ...plan, writerRole: "nobody_at_all" } } as typeof Strict;
    expect(await checkSchema(owner, [other])).toEqual([
      expect.objectContaining({ object: "role nobody_at_all", problem: "It is missing." }),
    ]);
  });
});

describe("chained events", () => {
  const off = (table: string) => `alter table ${table} disable trigger user`;
  const on = (table: string) => `alter table ${table} enable trigger user`;
  const hole = (table: string, type: string) =>
    `insert into ${table} (id, sequence, event_type, event, recorded_at)
     select id, 9, '${type}', '{"type": "${type}"}', now() from ${table} where sequence = 1 limit 1`;

  it("refuse a hole, and the loss of one in the middle, where the owner turned all triggers off", async () => {
    const table = "strict_events";
    expect(await refusal(owner, off(table), hole(table, "Noted"))).toMatchObject({
      code: "23503",
      constraint: "strict_events_previous_fkey",
    });
    expect(
      await refusal(owner, off(table), `delete from ${table} where sequence = 2`),
    ).toMatchObject({ code: "23503", constraint: "strict_events_previous_fkey" });
  });

  it("add that to the default, which rests on triggers", async () => {
    const people = createRepository(Person, { db: owner });
    await people.create({ email: `${count}@example.com`, slug: `s${count}` });
    const table = "person_events";
    const undone = ["select 1 / 0"];
    const passes = { code: "22012" };
    expect(
      await refusal(owner, off(table), hole(table, "Renamed"), on(table), ...undone),
    ).toMatchObject(passes);
  });

  it("say which event they follow, and nobody can say otherwise", async () => {
    const { rows } = await sql`select sequence, previous from strict_events
      where id = ${id}::uuid order by 1`.execute(owner);
    expect(rows).toEqual([
      { sequence: 1, previous: null },
      { sequence: 2, previous: 1 },
      { sequence: 3, previous: 2 },
    ]);
    const lie = `insert into strict_events (id, sequence, previous, event_type, event, recorded_at)
      values ('${id}', 4, 1, 'Noted', '{"type": "Noted"}', now())`;
    expect(await refusal(owner, lie)).toMatchObject({ code: "428C9" });
  });

  it("are checked against the definition", async () => {
    expect(await checkSchema(owner, [Strict])).toEqual([]);
    await sql`alter table strict_events drop constraint strict_events_previous_fkey`.execute(owner);
    const found = await checkSchema(owner, [Strict]);
    await sql`alter table strict_events add constraint strict_events_previous_fkey
      foreign key (id, previous) references strict_events (id, sequence)`.execute(owner);
    expect(found).toEqual([
      expect.objectContaining({ object: "constraint strict_events.strict_events_previous_fkey" }),
    ]);
  });
});
