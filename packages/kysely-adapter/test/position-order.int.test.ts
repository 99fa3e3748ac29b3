import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

const ENTITIES = 300;
const EVENTS = 4;

/** Writes four events for each of many entities in one statement, their list in a random order. */
const writeMany = (prefix: string) => sql`
  with given as materialized (
    select gen_random_uuid() as id, ${prefix} || n as slug from generate_series(1, ${ENTITIES}) n
  ),
  w as (
    insert into people
      (id, created_at, version, email, tenant_id, slug, status, age, verified, born_on, seen_at, fortune, labels)
    select id, now(), ${EVENTS}, slug || '@example.com', id, slug, 'active', 1, true, now(), now(), 1, '{}'
    from given
    returning id
  ),
  events as (
    select json_agg(
      json_build_object('id', g.id, 'sequence', s, 'event', json_build_object('type', 'Renamed', 'slug', 'x'))
      order by random()
    ) as list
    from given g join w on w.id = g.id cross join generate_series(1, ${EVENTS}) s
  )
  select person_events_insert((select array_agg(id) from w), events.list, null, now()) from events`;

describe("positions of events inserted in one statement", () => {
  it.each([
    ["hash", { mergejoin: "off", nestloop: "off" }],
    ["merge", { hashjoin: "off", nestloop: "off" }],
    ["nested-loop", { hashjoin: "off", mergejoin: "off" }],
  ])("rise with the sequence of every entity, with %s joins", async (join, settings) => {
    await db.transaction().execute(async (tx) => {
      for (const [name, value] of Object.entries(settings)) {
        await sql.raw(`set local enable_${name} = ${value}`).execute(tx);
      }
      await writeMany(join).execute(tx);
    });
    const { rows } = await sql<{ entities: number; inverted: number }>`
      select count(distinct id)::int as entities, count(*) filter (where position < before)::int as inverted
      from (
        select e.id, e.position, lag(e.position) over (partition by e.id order by e.sequence) as before
        from person_events e join people p on p.id = e.id
        where p.slug like ${`${join}%`}
      ) ordered`.execute(db);
    expect(rows[0]).toEqual({ entities: ENTITIES, inverted: 0 });
  });

  it("would not without the ORDER BY, which this test would notice", async () => {
    const { rows } = await sql<{ inverted: number }>`
      with list as (select id, s from generate_series(1, 300) id, generate_series(1, 4) s order by random()),
      drawn as materialized (select id, s, nextval('annals.position') as position from list)
      select count(*)::int as inverted
      from drawn one join drawn other on one.id = other.id and one.s < other.s
      where one.position > other.position`.execute(db);
    expect(rows[0]?.inverted).toBeGreaterThan(0);
  });
});
