import { readFile } from "node:fs/promises";
import type { KnownEntities, ListQuery, Predicate, UniquePlan } from "@annals/core/adapter";
import { describe, expect, it } from "vitest";
import type { Statement } from "../src/connection/statement.ts";
import { entityTables, entityTablesSql } from "../src/index.ts";
import { appendEach } from "../src/statements/append-each.ts";
import { moveCheckpoint, readProgress } from "../src/statements/consumer-checkpoint.ts";
import {
  changeTopics,
  noteTables,
  readRegistration,
  readRenaming,
  registerBeside,
  registerConsumer,
  spreadSlots,
  wantSlots,
} from "../src/statements/consumer-registration.ts";
import {
  listConsumers,
  pauseConsumer,
  removeConsumer,
  renameConsumer,
  resetConsumer,
  resetConsumerToTime,
  resizeConsumer,
  resumeConsumer,
} from "../src/statements/control-consumers.ts";
import { countEntities } from "../src/statements/count-entities.ts";
import { createEach } from "../src/statements/create-each.ts";
import { createEntities } from "../src/statements/create-entities.ts";
import {
  liftHeldKey,
  moveHeldKey,
  pauseSlot,
  readKey,
  readTrouble,
  settleLetter,
  suspectEvent,
  writeLetters,
} from "../src/statements/dead-letters.ts";
import { decideLetters, listLetters } from "../src/statements/decide-letters.ts";
import { entityHistory } from "../src/statements/entity-history.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { findEntity } from "../src/statements/find-entity.ts";
import { guardOpenings, guardSettings, strangeTables } from "../src/statements/guard-openings.ts";
import { holdEntities } from "../src/statements/hold-entities.ts";
import { deleteExpiredKeys, recallRequest } from "../src/statements/idempotency-key.ts";
import { lastPosition } from "../src/statements/last-position.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { loadPast } from "../src/statements/load-past.ts";
import { parkValues } from "../src/statements/park-values.ts";
import { queriedEntities } from "../src/statements/queried-entities.ts";
import { readTopic } from "../src/statements/read-topic.ts";
import { eventBatchEnd, eventRange, eventsExtent } from "../src/statements/scan-events.ts";
import {
  joinConsumer,
  leaveConsumer,
  readStanding,
  releaseSlots,
  renewLeases,
  takeSlots,
} from "../src/statements/slot-leases.ts";
import { consumerPlace, isSameLife, startPosition } from "../src/statements/start-position.ts";
import {
  unguardedPartitions,
  unregisteredTopics,
} from "../src/statements/topic-partition-guards.ts";
import { topicWriters } from "../src/statements/topic-writers.ts";
import { touchTree } from "../src/statements/touch-trees.ts";
import { updateEntities } from "../src/statements/update-entities.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { writerPrivileges } from "../src/statements/writer-privileges.ts";
import { parkedColumnsOf } from "../src/store/batch-parameters.ts";
import { frameworkMigrationStatements } from "../src/tables/framework-migrations.generated.ts";
import { Booking } from "./database/booking.ts";
import { Feed } from "./database/feed.ts";
import { Person } from "./database/person.ts";
import { Resident } from "./database/resident.ts";
import { Strict } from "./database/strict.ts";
import { Badge } from "./database/tenancy.ts";

// What is generated is storage format and hot path: every change of it shows up as a diff of SQL.

const tables = entityTableNames(Person.plan, "app");

const id = "01890a5d-ac96-774b-bcce-b302099a8057";

const list = (query: Partial<ListQuery>, known?: KnownEntities) =>
  listEntities(
    tables,
    {
      where: { kind: "all", of: [] },
      orderBy: "createdAt",
      direction: "asc",
      after: undefined,
      before: undefined,
      take: "first",
      limit: 51,
      ...query,
    },
    undefined,
    known,
  );

const KNOWN = { version: 3, mark: [7, "2026-01-01T00:00:00Z"], subjects: [] };
const knowsOne = { of: "one", subjects: false } as const;

const statements: Readonly<Record<string, Statement | { readonly sql: string }>> = {
  "create, one event": writeEntity(tables, {
    creates: true,
    one: true,
    restoresBound: false,
  }),
  "create, several events": writeEntity(tables, {
    creates: true,
    one: false,
    restoresBound: false,
  }),
  "append, one event": writeEntity(tables, {
    creates: false,
    one: true,
    restoresBound: false,
  }),
  "append, several events, in the caller's transaction": writeEntity(tables, {
    creates: false,
    one: false,
    restoresBound: true,
  }),
  ...Object.fromEntries(
    [
      { creates: true, one: true, restoresBound: false },
      { creates: true, one: false, restoresBound: true },
      { creates: false, one: true, restoresBound: false },
      { creates: false, one: false, restoresBound: true },
    ].map((shape) => [
      `${shape.creates ? "create" : "append"} with a key, ${shape.one ? "one event" : "several events, in the caller's transaction"}`,
      writeEntity(tables, { ...shape, keyed: true }),
    ]),
  ),
  "recall a request": recallRequest(tables),
  "delete expired keys": deleteExpiredKeys,
  "create or find": writeEntity(tables, {
    creates: true,
    one: true,
    restoresBound: false,
    mayExist: true,
  }),
  "create many": createEntities(tables),
  "append to many": updateEntities(tables, { moves: false }),
  "append to many whose unique values move": updateEntities(tables, { moves: true }),
  "make room for values that go around in a circle": parkValues(
    tables,
    parkedColumnsOf(Person.plan),
  ),
  "create each": createEach(tables),
  "append to each": appendEach(tables),
  "load one": loadEntity(tables),
  "load many": loadEntities(tables),
  "load one to know it": loadEntity(tables, undefined, { of: "none", subjects: false }),
  "load what is newer of one": loadEntity(tables, undefined, knowsOne),
  "load what is newer of one with personal values": loadEntity(tables, undefined, {
    of: "one",
    subjects: true,
  }),
  "load what is newer of many": loadEntities(tables, undefined, { of: "many", subjects: true }),
  "find what is newer": findEntity(
    tables,
    Person.plan.uniques[0] as UniquePlan,
    undefined,
    knowsOne,
  ),
  "list to know it": list({}, new Map()),
  "list what is newer": list({}, new Map([[id, KNOWN]])),
  "load one as of a version": loadPast(tables, "version"),
  "load one as of a time": loadPast(tables, "time"),
  history: entityHistory(tables, "asc"),
  "history, the latest first": entityHistory(tables, "desc"),
  ...Object.fromEntries(
    Person.plan.uniques.map((unique) => [
      `find by ${unique.constraint}`,
      findEntity(tables, unique),
    ]),
  ),
  "list, first page by creation": list({}),
  "list, later page by a nullable column, backwards, filtered": list({
    where: {
      kind: "all",
      of: [
        { kind: "compare", column: "status", operator: "=", value: "active" },
        { kind: "absent", column: "nick" },
      ],
    },
    orderBy: "score",
    direction: "desc",
    after: { value: "1.5", id },
  }),
  "list, later page among rows without a value": list({
    orderBy: "score",
    after: { value: null, id },
  }),
  "list, the last rows before a place": list({
    orderBy: "score",
    before: { value: "1.5", id },
    take: "last",
  }),
  "list, later page by id": list({ orderBy: "id", after: { value: id, id } }),
  "list, every kind of condition": list({
    where: {
      kind: "any",
      of: [
        { kind: "compare", column: "age", operator: ">=", value: 18 },
        { kind: "oneOf", column: "slug", values: ["a", "b"] },
        { kind: "not", of: { kind: "like", column: "email", pattern: "%x", ignoreCase: true } },
        { kind: "all", of: [] },
        { kind: "any", of: [] },
      ],
    },
  }),
  "a query of the user's own": { sql: queriedEntities(tables, "select id from people") },
  count: countEntities(tables, { kind: "absent", column: "nick" }, 1),
  hold: holdEntities(tables),
  "take a key alone": touchTree(tables, { raises: false, keyed: true }),
  "last position": lastPosition("app", ["person_events"]),
  "topic writers": topicWriters("app", ["person_events"]),
  "read a topic": readTopic("app", [Person.plan]),
  "read a topic for some slots and keys": readTopic("app", [Person.plan], {
    slots: true,
    keys: true,
  }),
  "the end of a batch of events": eventBatchEnd("app", Person.plan),
  "a batch of events": eventRange("app", Person.plan),
  "a batch of a topic's events": eventRange("app", Feed.plan),
  "how far events reach": eventsExtent("app", Person.plan),
  "unguarded partitions": unguardedPartitions,
  "unregistered topics": unregisteredTopics,
  "settings that guards rest on": guardSettings,
  "what opens guards": guardOpenings,
  "strange tables": strangeTables,
  "privileges of a writer": writerPrivileges,
  "register a consumer": registerConsumer,
  "read a registration": readRegistration,
  "want more slots": wantSlots,
  "follow other topics": changeTopics,
  "note where topics are": noteTables,
  "read how a consumer was renamed": readRenaming,
  "register a consumer beside another one": registerBeside,
  "find where to start": startPosition,
  "compare the server's life": isSameLife,
  "find where a consumer is": consumerPlace,
  "spread slots": spreadSlots,
  "renew leases": renewLeases,
  "join a consumer": joinConsumer,
  "read a standing": readStanding,
  "take slots": takeSlots,
  "release slots": releaseSlots,
  "leave a consumer": leaveConsumer,
  "move a checkpoint": moveCheckpoint,
  "read progress": readProgress,
  "write dead letters": writeLetters,
  "settle a dead letter": settleLetter,
  "move a held key": moveHeldKey,
  "lift a hold": liftHeldKey,
  "read trouble": readTrouble,
  "read a key": readKey("app", Person.plan, [Person.plan]),
  "suspect an event": suspectEvent,
  "pause a slot": pauseSlot,
  "list dead letters": listLetters,
  "decide about dead letters": decideLetters,
  "list consumers": listConsumers,
  "pause a consumer": pauseConsumer,
  "resume a consumer": resumeConsumer,
  "reset a consumer": resetConsumer,
  "resize a consumer": resizeConsumer,
  "rename a consumer": renameConsumer,
  "reset a consumer to a time": resetConsumerToTime,
  "remove a consumer": removeConsumer,
};

const residents = entityTableNames(Resident.plan, "app");
const all = { includeDeleted: true };
const [byEmail] = Resident.plan.uniques;
const isDeleted: Predicate = { kind: "not", of: { kind: "absent", column: "deletedAt" } };
const inNorth: Predicate = { kind: "compare", column: "house", operator: "=", value: "north" };
const page: ListQuery = {
  where: inNorth,
  orderBy: "createdAt",
  direction: "asc",
  after: { value: "2026-01-01T00:00:00+00:00", id },
  before: undefined,
  take: "first",
  limit: 51,
};
const ownWrite = { one: true, restoresBound: false };

const withLifecycle: Readonly<Record<string, Statement | { readonly sql: string }>> = {
  "create, deleted": writeEntity(residents, { ...ownWrite, creates: true, deletion: "deleted" }),
  append: writeEntity(residents, { ...ownWrite, creates: false }),
  delete: writeEntity(residents, { ...ownWrite, creates: false, deletion: "deleted" }),
  restore: writeEntity(residents, { ...ownWrite, creates: false, deletion: "restored" }),
  "create many": createEntities(residents),
  "create each": createEach(residents),
  "append to each": appendEach(residents),
  "append to many whose unique values move": updateEntities(residents, { moves: true }),
  "make room for values that go around in a circle": parkValues(
    residents,
    parkedColumnsOf(Resident.plan),
  ),
  "load one": loadEntity(residents),
  "load one, deleted too": loadEntity(residents, all),
  "load many": loadEntities(residents),
  "load many, deleted too": loadEntities(residents, all),
  "find by residents_email_key": findEntity(residents, byEmail as UniquePlan),
  "find what is newer, deleted too": findEntity(residents, byEmail as UniquePlan, all, knowsOne),
  "find by residents_email_key, deleted too": findEntity(residents, byEmail as UniquePlan, all),
  list: listEntities(residents, page),
  "list, deleted too": listEntities(residents, page, all),
  "list what is deleted": listEntities(
    residents,
    { ...page, where: isDeleted, orderBy: "deletedAt", direction: "desc" },
    all,
  ),
  count: countEntities(residents, inNorth, undefined),
  "count, deleted too, up to a limit": countEntities(residents, inNorth, 1, all),
};

const bookings = entityTableNames(Booking.plan, "app");
const ofOne = { scope: ["01890a5d-ac96-774b-bcce-b302099a8057", 1] };
const [byCode] = Booking.plan.uniques;

const withScope: Readonly<Record<string, Statement | { readonly sql: string }>> = {
  "create, one event": writeEntity(bookings, { ...ownWrite, creates: true }),
  append: writeEntity(bookings, { ...ownWrite, creates: false }),
  "append with a key": writeEntity(bookings, { ...ownWrite, creates: false, keyed: true }),
  "recall a request": recallRequest(bookings),
  "create many": createEntities(bookings),
  "append to many": updateEntities(bookings, { moves: false }),
  "load one": loadEntity(bookings, ofOne),
  "load one of any scope": loadEntity(bookings),
  "load what is newer of one": loadEntity(bookings, ofOne, knowsOne),
  "load many, deleted too": loadEntities(bookings, { ...ofOne, includeDeleted: true }),
  "load one as of a version": loadPast(bookings, "version", ofOne),
  history: entityHistory(bookings, "asc", ofOne),
  "find by bookings_code_key": findEntity(bookings, byCode as UniquePlan, ofOne),
  "a query of the user's own": {
    sql: queriedEntities(bookings, "select id from bookings where code = $1", ofOne, 2),
  },
  "read a topic for one scope": readTopic("app", [Booking.plan], {
    slots: false,
    keys: false,
    scope: true,
  }),
};

describe("generated SQL", () => {
  it("creates an entity's tables, guards and functions", async () => {
    await expect(entityTablesSql(Person, { schema: "app" })).toMatchFileSnapshot(
      "./generated/person-tables.sql",
    );
  });

  it("has every event refer to the one before it, and grants to a role, where that is asked for", async () => {
    await expect(entityTablesSql(Strict, { schema: "app" })).toMatchFileSnapshot(
      "./generated/strict-tables.sql",
    );
  });

  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(statements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/person-statements.sql");
  });

  it("is reviewed for an entity with a lifecycle as well", async () => {
    await expect(entityTablesSql(Resident, { schema: "app" })).toMatchFileSnapshot(
      "./generated/resident-tables.sql",
    );
    const made = entityTables(Resident, { schema: "app" });
    const onIndexTable = made.filter((sql) =>
      /create (unique )?index .* on "app"."residents"/.test(sql),
    );
    await expect(`${onIndexTable.slice(0, 2).join(";\n\n")};\n`).toMatchFileSnapshot(
      "./generated/resident-indexes.sql",
    );
    const text = Object.entries(withLifecycle)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/resident-statements.sql");
  });

  it("is reviewed for an entity that is divided into scopes as well", async () => {
    await expect(entityTablesSql(Booking, { schema: "app" })).toMatchFileSnapshot(
      "./generated/booking-tables.sql",
    );
    const text = Object.entries(withScope)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/booking-statements.sql");
  });

  it("is reviewed for policies of the database as well", async () => {
    const policies = entityTables(Badge, { schema: "app" }).filter((text) =>
      /row level security|create policy/.test(text),
    );
    await expect(`${policies.join(";\n\n")};\n`).toMatchFileSnapshot(
      "./generated/badge-policies.sql",
    );
  });

  it("names every statement apart, within PostgreSQL's limit", () => {
    const named = [statements, withLifecycle, withScope]
      .flatMap((texts) => Object.values(texts))
      .filter((one) => "name" in one);
    const names = named.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThan(64);
  });

  it("carries the framework's migrations as they stand in the root folder", async () => {
    for (const [name, embedded] of Object.entries(frameworkMigrationStatements)) {
      const file = new URL(`../../../migrations/${name}.sql`, import.meta.url);
      const written = (await readFile(file, "utf8")).trim().replace(/;$/, "");
      expect(embedded.join(";\n\n")).toBe(written);
    }
  });
});
