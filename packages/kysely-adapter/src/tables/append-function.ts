import type { ColumnPlan, EntityPlan } from "@annals/core/adapter";
import { sqlType } from "./column-sql.ts";
import { EVENT_COLUMNS } from "./events-guards.ts";
import { qualify, quoteName, quoteText } from "./quote.ts";
import { scopeColumns } from "./scope-columns.ts";
import { eventScope } from "./scope-guards.ts";
import type { TableNames } from "./table-names.ts";

/** The function's name without its schema, for example `user_append`. */
export const appendFunctionName = (eventsTable: string): string =>
  eventsTable.replace(/events$/, "append");

/** The types of its parameters. */
export const APPEND_PARAMETERS = "uuid, integer, jsonb, jsonb, jsonb";

/**
 * A function for writers that are not Annals: creates an entity when the expected version is 0, and
 * appends to it otherwise. The caller gives the index columns' values, since the fold is TypeScript; a
 * column that is left out keeps its value.
 *
 * plpgsql, so that the index row is written, and waited for, before the events table is locked, as in the
 * library's own statements.
 */
export const appendFunction = (plan: EntityPlan, names: TableNames): string => {
  const { schema, index, events } = names;
  const entity = quoteText(plan.name);
  const mutable = plan.columns.filter(({ immutable }) => !immutable);
  const scope = scopeColumns(plan);
  const scoped = eventScope(plan, names, "$1");
  const { variables, check } = lifecycleRule(plan, names);
  return `create function ${qualify(schema, appendFunctionName(events))}(
  entity uuid, expected_version integer, events jsonb,
  index_columns jsonb default '{}', context jsonb default null
) returns integer
language plpgsql as $$
#variable_conflict use_variable
declare
  added integer;
  wrong text;
  found_version integer;${variables}
begin
  if $1 is null or $2 is null or $2 < 0 then
    raise exception 'An id and an expected version from 0 on are needed' using errcode = 'AN004';
  end if;
  if jsonb_typeof($3) is distinct from 'array' or $3 = '[]' or exists (
    select from jsonb_array_elements($3) e where jsonb_typeof(e) <> 'object'
  ) then
    raise exception 'Events are a JSON array of at least one object'
      using errcode = 'AN004', hint = 'Give [{"type": "…", …}].';
  end if;
  if jsonb_typeof($4) is distinct from 'object' then
    raise exception 'Columns are a JSON object' using errcode = 'AN004';
  end if;
  select k into wrong from jsonb_object_keys($4) k
  where k <> all (case when $2 = 0 then ${textArray(plan.columns)} else ${textArray([...scope, ...mutable])} end)
  limit 1;
  if wrong is not null then
    raise exception '% has no column "%" that can be set here', ${entity}, wrong
      using errcode = 'AN004', hint = 'Columns that are immutable are set when the entity is created.';
  end if;
${scopeGiven(plan, scope)}  added := jsonb_array_length($3);${check}
  if $2 = 0 then
${insertRow(plan, names)}
  else
${updateRow(plan, names, mutable)}
  end if;
  if not found then
    select u.version into found_version from ${qualify(schema, index)} u${scope.length === 0 ? "" : `, ${givenColumns(scope)}`} where u.id = $1${inScope(scope)};
    raise exception '% % is at version %, not at %', ${entity}, $1, coalesce(found_version, 0), $2
      using errcode = 'AN003', hint = 'Replay its events, decide again, and append at its version.';
  end if;
  insert into ${qualify(schema, events)} (${[EVENT_COLUMNS, ...scoped.names].join(", ")})
  select ${["$1, $2 + n, e ->> 'type', e, $5, now(), coalesce((e ->> 'v')::smallint, 1)", ...scoped.values].join(", ")}
  from jsonb_array_elements($3) with ordinality as given (e, n)
  order by n;
  return $2 + added;
end
$$`;
};

/** Whose scope it is has to be said with every call: an append to another one finds nothing. */
const scopeGiven = ({ name }: EntityPlan, scope: readonly ColumnPlan[]): string =>
  scope.length === 0
    ? ""
    : `  if not $4 ?& ${textArray(scope)} then
    raise exception '% is written within a scope', ${quoteText(name)}
      using errcode = 'AN004', hint = 'Give ${scope.map(({ column }) => column).join(", ")} among the columns, also to append.';
  end if;
`;

const inScope = (scope: readonly ColumnPlan[]): string =>
  scope.map(({ column }) => ` and u.${quoteName(column)} = given.${quoteName(column)}`).join("");

const textArray = (columns: readonly ColumnPlan[]): string =>
  `array[${columns.map(({ column }) => quoteText(column)).join(", ")}]::text[]`;

/** The given values under their types. */
const givenColumns = (columns: readonly ColumnPlan[]): string => {
  const typed = columns.map(({ column, type }) => `${quoteName(column)} ${sqlType(type)}`);
  return `jsonb_to_record($4) as given (${typed.join(", ")})`;
};

/**
 * Follows the given events from deleted to restored and back, as the library does. What it read of the
 * row holds, because the row is written at that version only.
 */
const lifecycleRule = (
  plan: EntityPlan,
  { schema, index }: TableNames,
): { readonly variables: string; readonly check: string } => {
  const { name, lifecycle } = plan;
  if (lifecycle === undefined) return { variables: "", check: "" };
  const scope = scopeColumns(plan);
  const restored =
    lifecycle.restoreEvent === undefined
      ? ""
      : ` and wrong <> ${quoteText(lifecycle.restoreEvent)}`;
  return {
    variables: "\n  is_deleted boolean;",
    check: `
  is_deleted := exists (
    select from ${qualify(schema, index)} u${scope.length === 0 ? "" : `, ${givenColumns(scope)}`}
    where u.id = $1 and u.version = $2 and u.deleted_at is not null${inScope(scope)}
  );
  for wrong in select coalesce(e ->> 'type', '') from jsonb_array_elements($3) with ordinality as given (e, n) order by n loop
    if is_deleted${restored} then
      raise exception '% % is deleted', ${quoteText(name)}, $1
        using errcode = 'AN006', hint = 'Restore it first, where its definition can.';
    end if;
    is_deleted := wrong = ${quoteText(lifecycle.deleteEvent)};
  end loop;`,
  };
};

/** A deletion that still stands after the events is always one of them. */
const DELETED = "case when is_deleted then now() end";

const insertRow = (plan: EntityPlan, { schema, index }: TableNames): string => {
  const columns = plan.columns.map(({ column }) => quoteName(column));
  const deleted = plan.lifecycle === undefined ? [] : [DELETED];
  const names = ["id", "created_at", "version", ...deleted.map(() => "deleted_at"), ...columns];
  const values = ["$1", "now()", "added", ...deleted, ...columns.map((name) => `given.${name}`)];
  const from = columns.length === 0 ? "" : `\n    from ${givenColumns(plan.columns)}`;
  return `    insert into ${qualify(schema, index)} (${names.join(", ")})
    select ${values.join(", ")}${from}
    on conflict on constraint ${quoteName(`${index}_pkey`)} do nothing;`;
};

const updateRow = (
  plan: EntityPlan,
  { schema, index }: TableNames,
  mutable: readonly ColumnPlan[],
): string => {
  const sets = [
    "version = $2 + added",
    ...(plan.hasRevision ? ["revision = u.revision + 1"] : []),
    ...(plan.lifecycle === undefined ? [] : [`deleted_at = ${DELETED}`]),
    ...mutable.map(({ column }) => {
      const name = quoteName(column);
      return `${name} = case when $4 ? ${quoteText(column)} then given.${name} else u.${name} end`;
    }),
  ];
  const scope = scopeColumns(plan);
  const given = [...scope, ...mutable];
  const from = given.length === 0 ? "" : `\n    from ${givenColumns(given)}`;
  return `    update ${qualify(schema, index)} u
    set ${sets.join(",\n      ")}${from}
    where u.id = $1 and u.version = $2${inScope(scope)};`;
};
