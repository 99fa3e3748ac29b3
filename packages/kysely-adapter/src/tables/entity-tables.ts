import type { AnyEntity } from "@annals/core";
import type { EntityPlan } from "@annals/core/adapter";
import { APPEND_PARAMETERS, appendFunction, appendFunctionName } from "./append-function.ts";
import { columnConstraints, columnPart } from "./column-sql.ts";
import {
  contiguityGuard,
  contiguityName,
  erasureTrigger,
  immutabilityTrigger,
  insertFunctions,
} from "./events-guards.ts";
import { indexes, uniqueConstraints } from "./index-table-indexes.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";
import { replayFunctions } from "./replay-functions.ts";
import { createObject, type SchemaObject, type TablePart } from "./schema-object.ts";
import { scopeGuards, scopeParts } from "./scope-guards.ts";
import { scopePolicies } from "./scope-policies.ts";
import { snapshotsTable } from "./snapshots-table.ts";
import type { TableNames } from "./table-names.ts";
import { type MadeColumns, PREVIOUS_COLUMN, writerGrant } from "./writer-grant.ts";

export interface EntityTablesOptions {
  /** The schema to create the tables in. Default is `public`. */
  readonly schema?: string;
}

/**
 * The statements that create an entity's two tables, with their constraints, indexes and guards. Each
 * begins with a comment that says what it is for; none depends on the session's search path.
 */
export const entityTables = (
  definition: AnyEntity,
  options: EntityTablesOptions = {},
): readonly string[] => entityObjects(definition.plan, options).map(createObject);

/** `entityTables` as one text, to commit as a migration for any tool. */
export const entityTablesSql = (definition: AnyEntity, options: EntityTablesOptions = {}): string =>
  `${entityTables(definition, options).join(";\n\n")};\n`;

/** All that an entity needs in the database, in the order in which it can be created. */
export const entityObjects = (
  plan: EntityPlan,
  { schema = "public" }: EntityTablesOptions = {},
): readonly SchemaObject[] => {
  const names: TableNames = { schema, index: plan.indexTable, events: plan.eventsTable };
  const [index, events] = [indexTable(plan, names), eventsTable(plan, names)];
  return [
    index,
    ...indexes(plan, names),
    events,
    recordedAtIndex(names),
    {
      kind: "trigger",
      name: `${names.events}_immutable`,
      comment: "Events are never changed, whoever asks.",
      table: qualify(schema, names.events),
      sql: immutabilityTrigger(names),
    },
    {
      kind: "trigger",
      name: `${names.events}_erasure`,
      comment: "Content is replaced by annals.erase_event alone, which logs it.",
      table: qualify(schema, names.events),
      sql: erasureTrigger(names),
    },
    ...(plan.guards === "minimal" ? [] : guards(plan, names)),
    ...snapshotsTable(plan, names),
    ...scopeGuards(plan, names),
    ...scopePolicies(plan, names),
    ...functions(plan, names),
    ...publicFunctions(plan, names),
    ...writerGrant(plan, names, { index: index.columns, events: events.columns }),
  ];
};

/** The columns of both tables. */
export const entityColumns = (plan: EntityPlan): MadeColumns => {
  const names: TableNames = { schema: "public", index: plan.indexTable, events: plan.eventsTable };
  return { index: indexTable(plan, names).columns, events: eventsTable(plan, names).columns };
};

type Table = SchemaObject & { readonly kind: "table" };

const indexTable = (plan: EntityPlan, { schema, index }: TableNames): Table => ({
  kind: "table",
  name: index,
  comment: `The index table of "${plan.name}": lookups and constraints only; the state is in the events.`,
  qualified: qualify(schema, index),
  columns: [
    { name: "id", sql: "uuid not null" },
    { name: "created_at", sql: "timestamptz(3) not null" },
    { name: "version", sql: "integer not null" },
    // The writes of the whole tree, which guards it; the version counts its own events alone.
    ...(plan.hasRevision ? [{ name: "revision", sql: "integer not null default 1" }] : []),
    ...(plan.lifecycle === undefined ? [] : [{ name: "deleted_at", sql: "timestamptz(3)" }]),
    ...plan.columns.map(columnPart),
  ],
  constraints: [
    { name: `${index}_pkey`, sql: 'primary key ("id")' },
    { name: `${index}_version_check`, sql: 'check ("version" > 0)' },
    ...uniqueConstraints(plan),
    ...plan.columns.flatMap((column) => columnConstraints(schema, index, column)),
  ],
  // Room on each page lets an update that changes no indexed column stay there (HOT).
  options: " with (fillfactor = 80)",
});

const eventsTable = (plan: EntityPlan, { schema, index, events }: TableNames): Table => ({
  kind: "table",
  name: events,
  comment: `The events of "${plan.name}", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.`,
  qualified: qualify(schema, events),
  columns: [
    ...EVENT_COLUMNS,
    ...scopeParts(plan),
    ...(plan.guards === "chained" ? [PREVIOUS] : []),
  ],
  constraints: [
    { name: `${events}_id_sequence_key`, sql: 'unique ("id", "sequence")' },
    { name: `${events}_position_key`, sql: 'unique ("position")' },
    {
      name: `${events}_id_fkey`,
      sql: `foreign key ("id") references ${qualify(schema, index)} ("id")`,
    },
    { name: `${events}_sequence_check`, sql: 'check ("sequence" > 0)' },
    {
      name: `${events}_event_type_check`,
      sql: `check ("event_type" in (${plan.eventTypes.map(quoteText).join(", ")}))`,
    },
    {
      // Reads take the event column alone, so it must say what the other columns say.
      name: `${events}_event_check`,
      sql: `check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )`,
    },
    ...(plan.guards === "chained" ? [previousConstraint(schema, events)] : []),
  ],
  options: "",
});

const EVENT_COLUMNS: readonly TablePart[] = [
  { name: "id", sql: "uuid not null" },
  { name: "sequence", sql: "integer not null" },
  { name: "event_type", sql: "varchar not null" },
  { name: "event", sql: "jsonb not null" },
  { name: "context", sql: "jsonb default null" },
  { name: "recorded_at", sql: "timestamptz(3) not null" },
  { name: "position", sql: "bigint not null default nextval('annals.position')" },
  { name: "event_version", sql: "smallint not null default 1" },
];

/**
 * The event that each one follows. A column of its own, which no writer can set, and a foreign key: unlike
 * a trigger, the owner of the table cannot turn it off, and it keeps what is in the middle from going.
 */
const PREVIOUS: TablePart = {
  name: PREVIOUS_COLUMN,
  sql: 'integer generated always as (nullif("sequence" - 1, 0)) stored',
};

const previousConstraint = (schema: string, events: string): TablePart => ({
  name: `${events}_previous_fkey`,
  sql: `foreign key ("id", ${quoteName(PREVIOUS_COLUMN)}) references ${qualify(schema, events)} ("id", "sequence")`,
});

const recordedAtIndex = ({ schema, events }: TableNames): SchemaObject => ({
  kind: "index",
  name: `${events}_recorded_at_idx`,
  comment:
    "Finds the position to start from at a given time; a few pages for any number of events.",
  table: qualify(schema, events),
  sql: `create index ${quoteName(`${events}_recorded_at_idx`)} on ${qualify(schema, events)} using brin (recorded_at)`,
});

const guards = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] => {
  const { schema, events } = names;
  const [guard, trigger] = contiguityGuard(plan, names) as [string, string];
  return [
    {
      kind: "function",
      name: `${events}_guard`,
      comment: "Sequences have no hole and end at the index row's version, whoever inserts.",
      signature: `${qualify(schema, `${events}_guard`)}()`,
      sql: guard,
    },
    {
      kind: "trigger",
      name: contiguityName(events),
      table: qualify(schema, events),
      sql: trigger,
    },
  ];
};

const functions = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] => {
  const { schema, events } = names;
  const [one, many] = insertFunctions(plan, names) as [string, string];
  const insert = (suffix: string, parameters: string, sql: string): SchemaObject => ({
    kind: "function",
    name: `${events}${suffix}`,
    comment: "Inserts events after their index row is written and locked.",
    signature: `${qualify(schema, `${events}${suffix}`)}(${parameters})`,
    sql,
  });
  return [
    insert("_insert_one", "uuid, int, jsonb, jsonb, timestamptz", one),
    insert("_insert", "uuid[], json, jsonb, timestamptz", many),
  ];
};

/** What other languages and psql call. They follow the same rules, by the same guards. */
const publicFunctions = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] => [
  {
    kind: "function",
    name: appendFunctionName(names.events),
    comment:
      "For writers in SQL: creates at version 0, appends at any other, returns the version after.",
    signature: `${qualify(names.schema, appendFunctionName(names.events))}(${APPEND_PARAMETERS})`,
    sql: appendFunction(plan, names),
  },
  ...replayFunctions(names).map(
    ({ name, comment, parameters, sql }): SchemaObject => ({
      kind: "function",
      name,
      comment,
      signature: `${qualify(names.schema, name)}(${parameters})`,
      sql,
    }),
  ),
];
