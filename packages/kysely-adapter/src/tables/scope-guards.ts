import type { EntityPlan } from "@annals/core/adapter";
import { columnPart } from "./column-sql.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";
import type { SchemaObject, TablePart } from "./schema-object.ts";
import { scopeColumns, scopeNames } from "./scope-columns.ts";
import type { TableNames } from "./table-names.ts";

/** The columns of the scope as the events table has them: the values alone, no rules of their own. */
export const scopeParts = (plan: EntityPlan): readonly TablePart[] =>
  scopeColumns(plan).map(columnPart);

/**
 * What an INSERT of events says for the columns of the scope: the index row's own values, whoever calls. A
 * subselect for each row looks into the primary key under every plan, where a join could be a hash join
 * over the whole table.
 */
export const eventScope = (
  plan: EntityPlan,
  { schema, index }: TableNames,
  id: string,
): { readonly names: readonly string[]; readonly values: readonly string[] } => {
  const names = scopeNames(plan);
  return {
    names,
    values: names.map(
      (name) => `(select u.${name} from ${qualify(schema, index)} u where u.id = ${id})`,
    ),
  };
};

/** The scopes of the inserted events of one entity, and that one of them is not its index row's. */
export const scopeCheck = (
  plan: EntityPlan,
  names: TableNames,
): { readonly columns: readonly string[]; readonly isForeign: readonly string[] } => {
  const { names: columns, values } = eventScope(plan, names, "i.id");
  return {
    columns: columns.map((name) => `i.${name}`),
    isForeign: columns.map((name, at) => `i.${name} is distinct from ${values[at]}`),
  };
};

/** What keeps an entity in its scope, where its definition declares one. */
export const scopeGuards = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] =>
  plan.scope.length === 0
    ? []
    : [
        ...immovable(plan, names),
        ...(plan.guards === "minimal" ? [onlyScope(plan, names)].flat() : []),
      ];

/** Fires for statements that set these columns only, which none of the library's own does. */
const immovable = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] => {
  const { schema, index, events } = names;
  const columns = scopeNames(plan);
  const moved = columns.map((name) => `old.${name} is distinct from new.${name}`).join(" or ");
  const foreign = columns.map((name) => `e.${name} is distinct from new.${name}`).join(" or ");
  const guard = qualify(schema, `${index}_scope_guard`);
  return [
    {
      kind: "function",
      name: `${index}_scope_guard`,
      comment: "An index row stays in the scope of its events, whoever updates.",
      signature: `${guard}()`,
      sql: `create function ${guard}() returns trigger
language plpgsql as $$
begin
  if exists (select from ${qualify(schema, events)} e where e.id = new.id and (${foreign})) then
    raise exception 'The index row of % is in the scope of its events', new.id
      using errcode = 'AN007', schema = tg_table_schema, table = tg_table_name,
        constraint = ${quoteText(`${index}_immovable`)},
        hint = 'An entity never changes its scope: create another one there.';
  end if;
  return new;
end
$$`,
    },
    {
      kind: "trigger",
      name: `${index}_immovable`,
      table: qualify(schema, index),
      sql: `create trigger ${quoteName(`${index}_immovable`)}
before update of ${columns.join(", ")} on ${qualify(schema, index)}
for each row when (${moved}) execute function ${guard}()`,
    },
  ];
};

/** With full guards, the one that looks at histories looks at scopes as well. */
const onlyScope = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] => {
  const { schema, events } = names;
  const { isForeign } = scopeCheck(plan, names);
  const guard = qualify(schema, `${events}_scope_guard`);
  return [
    {
      kind: "function",
      name: `${events}_scope_guard`,
      comment: "Events are in the scope of their index row, whoever inserts.",
      signature: `${guard}()`,
      sql: `create function ${guard}() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken from inserted i where ${isForeign.join(" or ")} limit 1;
  if found then
${raiseForeign(events)}
  end if;
  return null;
end
$$`,
    },
    {
      kind: "trigger",
      name: `${events}_scoped`,
      table: qualify(schema, events),
      sql: `create trigger ${quoteName(`${events}_scoped`)}
after insert on ${qualify(schema, events)}
referencing new table as inserted
for each statement execute function ${guard}()`,
    },
  ];
};

/** Says that an inserted event is not in the scope of its entity. */
export const raiseForeign = (
  events: string,
): string => `    raise exception 'An event of % is in another scope than its index row', broken
      using errcode = 'AN007', schema = tg_table_schema, table = tg_table_name,
        constraint = ${quoteText(`${events}_scoped`)},
        hint = 'Insert events with the values that the index row has in the columns of the scope.';`;
