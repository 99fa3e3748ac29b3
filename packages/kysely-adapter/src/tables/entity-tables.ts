import type { AnyEntity } from "@annals/core";
import type { EntityPlan } from "@annals/core/adapter";
import { columnConstraints, columnLine } from "./column-sql.ts";
import {
  contiguityGuard,
  immutabilityTrigger,
  insertFunctions,
  type TableNames,
} from "./events-guards.ts";
import { indexes, uniqueConstraints } from "./index-table-indexes.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";

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
): readonly string[] => {
  const { plan } = definition;
  const names: TableNames = {
    schema: options.schema ?? "public",
    index: plan.indexTable,
    events: plan.eventsTable,
  };
  return [
    indexTable(plan, names),
    ...indexes(plan, names).map(({ comment, sql }) => commented(comment, sql)),
    eventsTable(plan, names),
    commented(
      "Finds the position to start from at a given time; a few pages for any number of events.",
      `create index ${quoteName(`${names.events}_recorded_at_idx`)} on ${qualify(names.schema, names.events)} using brin (recorded_at)`,
    ),
    commented("Events are never changed, whoever asks.", immutabilityTrigger(names)),
    ...guardStatements(plan, names),
    ...insertFunctions(names).map((sql) =>
      commented("Inserts events after their index row is written and locked.", sql),
    ),
  ];
};

/** `entityTables` as one text, to commit as a migration for any tool. */
export const entityTablesSql = (definition: AnyEntity, options: EntityTablesOptions = {}): string =>
  `${entityTables(definition, options).join(";\n\n")};\n`;

const commented = (comment: string, sql: string): string => `-- ${comment}\n${sql}`;

const guardStatements = (plan: EntityPlan, names: TableNames): readonly string[] => {
  if (plan.guards === "minimal") return [];
  const [guard, trigger] = contiguityGuard(names) as [string, string];
  return [
    commented("Sequences have no hole and end at the index row's version, whoever inserts.", guard),
    trigger,
  ];
};

const indexTable = (plan: EntityPlan, { schema, index }: TableNames): string => {
  const lines = [
    '"id" uuid not null',
    '"created_at" timestamptz(3) not null',
    '"version" integer not null',
    ...(plan.lifecycle === undefined ? [] : ['"deleted_at" timestamptz(3)']),
    ...plan.columns.map(columnLine),
    `constraint ${quoteName(`${index}_pkey`)} primary key ("id")`,
    `constraint ${quoteName(`${index}_version_check`)} check ("version" > 0)`,
    ...uniqueConstraints(plan),
    ...plan.columns.flatMap((column) => columnConstraints(schema, index, column)),
  ];
  // Room on each page lets an update that changes no indexed column stay there (HOT).
  return commented(
    `The index table of "${plan.name}": lookups and constraints only; the state is in the events.`,
    `create table ${qualify(schema, index)} (\n  ${lines.join(",\n  ")}\n) with (fillfactor = 80)`,
  );
};

const eventsTable = (plan: EntityPlan, { schema, index, events }: TableNames): string => {
  const types = plan.eventTypes.map(quoteText).join(", ");
  const lines = [
    '"id" uuid not null',
    '"sequence" integer not null',
    '"event_type" varchar not null',
    '"event" jsonb not null',
    '"context" jsonb default null',
    '"recorded_at" timestamptz(3) not null',
    `"position" bigint not null default nextval('annals.position')`,
    '"event_version" smallint not null default 1',
    `constraint ${quoteName(`${events}_id_sequence_key`)} unique ("id", "sequence")`,
    `constraint ${quoteName(`${events}_position_key`)} unique ("position")`,
    `constraint ${quoteName(`${events}_id_fkey`)} foreign key ("id") references ${qualify(schema, index)} ("id")`,
    `constraint ${quoteName(`${events}_sequence_check`)} check ("sequence" > 0)`,
    `constraint ${quoteName(`${events}_event_type_check`)} check ("event_type" in (${types}))`,
    // Reads take the event column alone, so it must say what the other columns say.
    `constraint ${quoteName(`${events}_event_check`)} check (
    "event" ->> 'type' is not distinct from "event_type"
    and "event" -> 'v' is not distinct from to_jsonb(nullif("event_version", 1))
  )`,
  ];
  return commented(
    `The events of "${plan.name}", which are also its topic. event is {"type", "v", …payload}, with v above 1 only.`,
    `create table ${qualify(schema, events)} (\n  ${lines.join(",\n  ")}\n)`,
  );
};
