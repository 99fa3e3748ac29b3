import type { KnownEntities, ListQuery, UniquePlan } from "@annals/core/adapter";
import type { Statement } from "../../src/connection/statement.ts";
import { appendEach } from "../../src/statements/append-each.ts";
import { moveCheckpoint, readProgress } from "../../src/statements/consumer-checkpoint.ts";
import {
  changeTopics,
  noteTables,
  readRegistration,
  readRenaming,
  registerBeside,
  registerConsumer,
  spreadSlots,
  wantSlots,
} from "../../src/statements/consumer-registration.ts";
import {
  listConsumers,
  pauseConsumer,
  removeConsumer,
  renameConsumer,
  resetConsumer,
  resetConsumerToTime,
  resizeConsumer,
  resumeConsumer,
} from "../../src/statements/control-consumers.ts";
import { countEntities } from "../../src/statements/count-entities.ts";
import { createEach } from "../../src/statements/create-each.ts";
import { createEntities } from "../../src/statements/create-entities.ts";
import {
  liftHeldKey,
  moveHeldKey,
  pauseSlot,
  readKey,
  readTrouble,
  settleLetter,
  suspectEvent,
  writeLetters,
} from "../../src/statements/dead-letters.ts";
import { decideLetters, listLetters } from "../../src/statements/decide-letters.ts";
import { entityHistory } from "../../src/statements/entity-history.ts";
import { entityTableNames } from "../../src/statements/entity-table-names.ts";
import { findEntity } from "../../src/statements/find-entity.ts";
import {
  guardOpenings,
  guardSettings,
  strangeTables,
} from "../../src/statements/guard-openings.ts";
import { holdEntities } from "../../src/statements/hold-entities.ts";
import { deleteExpiredKeys, recallRequest } from "../../src/statements/idempotency-key.ts";
import { lastPosition } from "../../src/statements/last-position.ts";
import { listEntities } from "../../src/statements/list-entities.ts";
import { loadEntities, loadEntity } from "../../src/statements/load-entities.ts";
import { loadPast } from "../../src/statements/load-past.ts";
import { parkValues } from "../../src/statements/park-values.ts";
import { queriedEntities } from "../../src/statements/queried-entities.ts";
import { readTopic } from "../../src/statements/read-topic.ts";
import { eventBatchEnd, eventRange, eventsExtent } from "../../src/statements/scan-events.ts";
import {
  joinConsumer,
  leaveConsumer,
  readStanding,
  releaseSlots,
  renewLeases,
  takeSlots,
} from "../../src/statements/slot-leases.ts";
import { consumerPlace, isSameLife, startPosition } from "../../src/statements/start-position.ts";
import {
  unguardedPartitions,
  unregisteredTopics,
} from "../../src/statements/topic-partition-guards.ts";
import { topicWriters } from "../../src/statements/topic-writers.ts";
import { touchTree } from "../../src/statements/touch-trees.ts";
import { updateEntities } from "../../src/statements/update-entities.ts";
import { writeEntity } from "../../src/statements/write-entity.ts";
import { writerPrivileges } from "../../src/statements/writer-privileges.ts";
import { parkedColumnsOf } from "../../src/store/batch-parameters.ts";
import { Feed } from "../database/feed.ts";
import { Person } from "../database/person.ts";

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

/** Those of an entity with columns of every type, and those of the framework's own tables. */
export const personStatements: Readonly<Record<string, Statement | { readonly sql: string }>> = {
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
