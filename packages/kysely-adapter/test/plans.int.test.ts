import type { KnownEntities, ListQuery } from "@annals/core/adapter";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Statement, unprepared } from "../src/connection/statement.ts";
import { appendEach } from "../src/statements/append-each.ts";
import { createEntities } from "../src/statements/create-entities.ts";
import { entityHistory } from "../src/statements/entity-history.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { findEntity } from "../src/statements/find-entity.ts";
import { deleteExpiredKeys, recallRequest } from "../src/statements/idempotency-key.ts";
import { lastPosition } from "../src/statements/last-position.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { loadPast } from "../src/statements/load-past.ts";
import { parkValues } from "../src/statements/park-values.ts";
import { queriedEntities } from "../src/statements/queried-entities.ts";
import { readTopic } from "../src/statements/read-topic.ts";
import { eventBatchEnd, eventRange, eventsExtent } from "../src/statements/scan-events.ts";
import { updateEntities } from "../src/statements/update-entities.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { parkedColumnsOf } from "../src/store/batch-parameters.ts";
import { genericPlan } from "./database/generic-plan.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

// Each statement relies on the index that its header names, on tables large enough for it to matter.

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

const tables = entityTableNames(Person.plan, "public");

beforeAll(async () => {
  await sql`
    with w as (
      insert into people
        (id, created_at, version, email, tenant_id, slug, status, age, score, verified, born_on, seen_at, fortune,
          labels)
      select gen_random_uuid(), now() - n * interval '1 minute', 3, n || '@example.com', md5((n % 50)::text)::uuid,
        's' || n / 50, case n % 3 when 0 then 'it''s over' else 'active' end, n % 100, n, n % 2 = 0, date '1950-01-01' + n, now() - n * interval '1 hour', n, '{}'
      from generate_series(1, 5000) n
      returning id
    )
    select person_events_insert(
      array_agg(distinct w.id),
      json_agg(json_build_object('id', w.id, 'sequence', s, 'event', '{"type": "Renamed"}'::json)), null, now()
    ) from w, generate_series(1, 3) s`.execute(db);
  await sql`
    insert into annals.idempotency_keys
    select 'person', n::text, sha256(n::text::bytea), gen_random_uuid(), 1, 1, now() + n * interval '1 minute'
    from generate_series(-100, 5000) n`.execute(db);
  await sql`
    insert into annals.subjects (subject) select 'person/' || n from generate_series(1, 5000) n`.execute(
    db,
  );
  await sql`analyze people, person_events, annals.idempotency_keys, annals.subjects`.execute(db);
});

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const later = { value: "2026-01-01T00:00:00+00:00", id };

const list = (query: Partial<ListQuery>, known?: KnownEntities): Statement => {
  const all: ListQuery = {
    where: { kind: "all", of: [] },
    orderBy: "createdAt",
    direction: "asc",
    after: undefined,
    before: undefined,
    take: "first",
    limit: 51,
    ...query,
  };
  const { sql: text } = listEntities(tables, all, undefined, known);
  return unprepared("list", text);
};

const [byEmail, bySlug] = Person.plan.uniques;

describe("the plan of", () => {
  it.each<[string, Statement, readonly string[]]>([
    ["load one", loadEntity(tables), ["people_pkey", "person_events_id_sequence_key"]],
    ["load many", loadEntities(tables), ["people_pkey", "person_events_id_sequence_key"]],
    [
      "load what is newer of one",
      loadEntity(tables, undefined, { of: "one", subjects: true }),
      ["people_pkey", "person_events_id_sequence_key", "erasures_pkey", "subjects_pkey"],
    ],
    [
      "load what is newer of many",
      loadEntities(tables, undefined, { of: "many", subjects: false }),
      ["people_pkey", "person_events_id_sequence_key", "erasures_pkey"],
    ],
    [
      "find what is newer",
      findEntity(tables, byEmail as never, undefined, { of: "one", subjects: false }),
      ["people_email_key", "person_events_id_sequence_key"],
    ],
    [
      "a page of what is newer",
      list(
        { after: later },
        new Map([[id, { version: 1, mark: [1, "2026-01-01"], subjects: [] }]]),
      ),
      ["people_created_at_idx", "person_events_id_sequence_key"],
    ],
    [
      "load one as of a version",
      loadPast(tables, "version"),
      ["people_pkey", "person_events_id_sequence_key"],
    ],
    [
      "load one as of a time",
      loadPast(tables, "time"),
      ["people_pkey", "person_events_id_sequence_key"],
    ],
    [
      "history",
      entityHistory(tables, "asc"),
      ["people_pkey", "Index Scan using person_events_id_sequence_key"],
    ],
    [
      "history, the latest first",
      entityHistory(tables, "desc"),
      ["people_pkey", "Index Scan Backward using person_events_id_sequence_key"],
    ],
    [
      "find by a column",
      findEntity(tables, byEmail as never),
      ["people_email_key", "person_events_id_sequence_key"],
    ],
    ["find by a composite", findEntity(tables, bySlug as never), ["people_tenant_id_slug_key"]],
    [
      "a query of the user's own",
      unprepared(
        "query",
        queriedEntities(tables, "select id from people order by created_at limit 5"),
      ),
      ["people_created_at_idx", "people_pkey", "person_events_id_sequence_key"],
    ],
    ["the first page", list({}), ["people_created_at_idx"]],
    [
      "a later page",
      list({ after: later }),
      ["people_created_at_idx", "person_events_id_sequence_key"],
    ],
    ["a page backwards", list({ after: later, direction: "desc" }), ["people_created_at_idx"]],
    ["the last page", list({ take: "last" }), ["people_created_at_idx"]],
    ["the page before", list({ before: later, take: "last" }), ["people_created_at_idx"]],
    ["a page by id", list({ orderBy: "id", after: { value: id, id } }), ["people_pkey"]],
    ["a page by age", list({ orderBy: "age", after: { value: "5", id } }), ["people_age_idx"]],
    [
      "a range",
      list({
        where: { kind: "compare", column: "slug", operator: ">=", value: "s" },
        orderBy: "slug",
      }),
      ["people_slug_idx"],
    ],
    [
      "append",
      writeEntity(tables, { creates: false, one: true, restoresBound: false }),
      ["people_pkey"],
    ],
    [
      "create with a key",
      writeEntity(tables, { creates: true, one: true, restoresBound: true, keyed: true }),
      ["idempotency_keys_pkey"],
    ],
    [
      "append with a key",
      writeEntity(tables, { creates: false, one: true, restoresBound: false, keyed: true }),
      ["people_pkey", "idempotency_keys_pkey"],
    ],
    [
      "recall a request",
      recallRequest(tables),
      ["idempotency_keys_pkey", "person_events_id_sequence_key"],
    ],
    [
      "delete expired keys",
      deleteExpiredKeys,
      ["idempotency_keys_expires_at_idx", "idempotency_keys_pkey"],
    ],
    ["create many", createEntities(tables), ["people_pkey", "people_email_key"]],
    ["append to each", appendEach(tables), ["people_pkey"]],
    [
      "append to many",
      updateEntities(tables, { moves: true }),
      ["people_pkey", "people_email_key", "people_tenant_id_slug_key"],
    ],
    [
      "make room",
      parkValues(tables, parkedColumnsOf(Person.plan)),
      ["people_pkey", "people_email_key"],
    ],
    ["read a topic", readTopic("public", [Person.plan]), ["person_events_position_key"]],
    [
      "the end of a batch of events",
      eventBatchEnd("public", Person.plan),
      ["Index Only Scan using person_events_position_key"],
    ],
    [
      "a batch of events",
      eventRange("public", Person.plan),
      ["Index Scan using person_events_position_key"],
    ],
    [
      "how far events reach",
      eventsExtent("public", Person.plan),
      ["Index Only Scan Backward using person_events_position_key"],
    ],
    [
      "the last position",
      lastPosition("public", ["person_events"]),
      ["person_events_position_key"],
    ],
  ])("%s uses its index and reads no table whole", async (_, statement, indexes) => {
    const plan = await genericPlan(db, statement);
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (people|person_events|idempotency_keys|subjects)/);
    expect(plan).not.toMatch(/\bSort\b.*\n.*people/);
  });
});
