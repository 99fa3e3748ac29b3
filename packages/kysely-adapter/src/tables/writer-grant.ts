import type { EntityPlan } from "@annals/core/adapter";
import { APPEND_PARAMETERS, appendFunctionName } from "./append-function.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";
import type { SchemaObject, TablePart } from "./schema-object.ts";
import type { TableNames } from "./table-names.ts";

/** Where a chained event has the sequence of the one before it. */
export const PREVIOUS_COLUMN = "previous";

/** The columns that a role of a writer's may write, of each table. */
export interface WritableColumns {
  readonly inserted: readonly string[];
  readonly updated: readonly string[];
  /** Of the events table. Never `position`, which is drawn. */
  readonly appended: readonly string[];
}

/** The columns of both tables as they are made. */
export interface MadeColumns {
  readonly index: readonly TablePart[];
  readonly events: readonly TablePart[];
}

export const writableColumns = (plan: EntityPlan, made: MadeColumns): WritableColumns => {
  const fixed = new Set(["id", "created_at"]);
  for (const { column, immutable } of plan.columns) if (immutable) fixed.add(column);
  const drawn = new Set(["position", PREVIOUS_COLUMN]);
  const inserted = made.index.map(({ name }) => name);
  return {
    inserted,
    updated: inserted.filter((name) => !fixed.has(name)),
    appended: made.events.map(({ name }) => name).filter((name) => !drawn.has(name)),
  };
};

/** Adding subjects and their values. A row lock on a subject asks for the right to update some column. */
const personalGrants = (role: string): readonly string[] => [
  `grant select, insert, update (created_at) on annals.subjects to ${role}`,
  `grant select, insert on annals.subject_uses, annals.personal_values to ${role}`,
];

/** Lets one role read, and add what the guards let pass; nothing that is stored can be changed by it. */
export const writerGrant = (
  plan: EntityPlan,
  names: TableNames,
  made: MadeColumns,
): readonly SchemaObject[] => {
  const { writerRole } = plan;
  if (writerRole === undefined) return [];
  const { schema } = names;
  const role = quoteName(writerRole);
  const [index, events] = [qualify(schema, names.index), qualify(schema, names.events)];
  const { inserted, updated, appended } = writableColumns(plan, made);
  const snapshots = plan.snapshot && qualify(schema, plan.snapshot.table);
  const revoke = `revoke all on ${[index, events, ...(snapshots ? [snapshots] : [])].join(", ")} from ${role}`;
  const lines = [
    revoke,
    `grant usage on schema ${quoteName(schema)}, annals to ${role}`,
    `grant usage, select on sequence annals.position to ${role}`,
    `grant select, insert (${columnList(inserted)}) on ${index} to ${role}`,
    `grant update (${columnList(updated)}) on ${index} to ${role}`,
    `grant select, insert (${columnList(appended)}) on ${events} to ${role}`,
    ...(snapshots ? [`grant select, insert, update, delete on ${snapshots} to ${role}`] : []),
    `grant select, insert, update on annals.idempotency_keys to ${role}`,
    // Whoever has read an event asks whether it was erased since.
    `grant select (events_table, entity_id) on annals.erasures to ${role}`,
    ...(plan.hasPersonal ? personalGrants(role) : []),
    `grant execute on function ${functionsOf(names).join(", ")} to ${role}`,
  ];
  return [
    {
      kind: "grant",
      name: writerRole,
      comment: `${role} may read and add events, and change none. A role is the whole cluster's: it may be there already.`,
      sql: `do $$
begin
  begin
    if not exists (select from pg_roles where rolname = ${quoteText(writerRole)}) then
      create role ${role} nologin;
    end if;
  exception
    when duplicate_object or unique_violation then null;
  end;
${lines.map((line) => `  ${line};\n`).join("")}end
$$`,
      revoke,
    },
  ];
};

const columnList = (names: readonly string[]): string => names.map(quoteName).join(", ");

const functionsOf = ({ schema, events }: TableNames): readonly string[] => [
  `${qualify(schema, `${events}_insert_one`)}(uuid, int, jsonb, jsonb, timestamptz)`,
  `${qualify(schema, `${events}_insert`)}(uuid[], json, jsonb, timestamptz)`,
  `${qualify(schema, appendFunctionName(events))}(${APPEND_PARAMETERS})`,
];
