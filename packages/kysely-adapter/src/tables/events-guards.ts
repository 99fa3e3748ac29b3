import type { EntityPlan } from "@annals/core/adapter";
import { qualify, quoteName, quoteText } from "./quote.ts";
import { eventScope, raiseForeign, scopeCheck } from "./scope-guards.ts";
import type { TableNames } from "./table-names.ts";

/** The name that a broken history is reported under, as if it were a constraint. */
export const contiguityName = (eventsTable: string): string => `${eventsTable}_contiguous`;

/** Refuses every change of stored events, once a statement: inserts pay nothing. */
export const immutabilityTrigger = ({ schema, events }: TableNames): string =>
  `create trigger ${quoteName(`${events}_immutable`)}
before update or delete or truncate on ${qualify(schema, events)}
for each statement execute function annals.refuse_change()`;

/** Runs for rows that are updated, which no statement does but an erasure that was logged. */
export const erasureTrigger = ({ schema, events }: TableNames): string =>
  `create trigger ${quoteName(`${events}_erasure`)}
before update on ${qualify(schema, events)}
for each row execute function annals.allow_erasure()`;

/**
 * Asserts, once for each INSERT, that the inserted events of every entity have no hole, follow the one
 * before them, and end at the index row's version. It alone ties the two tables together for writers
 * that are not Annals.
 *
 * Grouped with scalar subselects: of ten formulations measured, the cheapest for batches, and without a
 * join that a cached plan could turn into a hash join over the whole table.
 */
export const contiguityGuard = (plan: EntityPlan, names: TableNames): readonly string[] => {
  const { schema, index, events } = names;
  const scope = scopeCheck(plan, names);
  const isForeign =
    scope.isForeign.length === 0
      ? ""
      : `
    if exists (select from inserted i where i.id = broken and (${scope.isForeign.join(" or ")})) then
${raiseForeign(events).replaceAll(/^/gm, "  ")}
    end if;`;
  const guard = qualify(schema, `${events}_guard`);
  const indexTable = qualify(schema, index);
  const eventsTable = qualify(schema, events);
  return [
    `create function ${guard}() returns trigger
language plpgsql as $$
declare
  broken uuid;
begin
  select i.id into broken
  from inserted i
  group by ${["i.id", ...scope.columns].join(", ")}
  having ${scope.isForeign.map((one) => `${one}\n    or `).join("")}count(*) <> max(i.sequence) - min(i.sequence) + 1
    or max(i.sequence) is distinct from (select u.version from ${indexTable} u where u.id = i.id)
    or (min(i.sequence) <> 1 and (
      select p.sequence from ${eventsTable} p where p.id = i.id and p.sequence = min(i.sequence) - 1
    ) is null)
  limit 1;
  if found then${isForeign}
    raise exception 'The events of % do not continue its history, or do not end at its version in ${index}', broken
      using errcode = 'AN002', schema = tg_table_schema, table = tg_table_name,
        constraint = ${quoteText(contiguityName(events))},
        hint = 'Insert events from version + 1 on without holes, after the version is set to the last of them.';
  end if;
  return null;
end
$$`,
    `create trigger ${quoteName(contiguityName(events))}
after insert on ${eventsTable}
referencing new table as inserted
for each statement execute function ${guard}()`,
  ];
};

/** What an INSERT of events names, beside the columns of a scope. */
export const EVENT_COLUMNS = "id, sequence, event_type, event, context, recorded_at, event_version";

/**
 * Two functions that insert events of entities whose index rows the calling statement has just
 * written: one event, or any number as a JSON list of `{"id", "sequence", "event"}`, of which those of
 * the given entities are taken.
 *
 * Functions, because a statement locks all its tables before it begins, and so would hold the events
 * table while it waits for an index row, which would hold up every consumer of the topic. A function's
 * INSERT locks when it runs. plpgsql, whose bodies are planned only then. No index column is in their
 * signatures, so a changed definition leaves them as they are.
 *
 * The given entities are looked up by hash: `= any ($1)` compares each event with each of them once the
 * plan is generic, which cost a batch of 10,000 half of its time.
 *
 * Positions are drawn while rows are inserted, so the rows come sorted: without the ORDER BY, a hash
 * join gave half of a batch's events positions against their sequence.
 */
export const insertFunctions = (plan: EntityPlan, names: TableNames): readonly string[] => {
  const { schema, events } = names;
  const ofOne = eventScope(plan, names, "$1");
  const ofMany = eventScope(plan, names, "e.id");
  const columns = `(${[EVENT_COLUMNS, ...ofOne.names].join(", ")})`;
  const table = qualify(schema, events);
  return [
    `create function ${qualify(schema, `${events}_insert_one`)}(
  entity uuid, sequence int, event jsonb, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into ${table} ${columns}
  values (${["$1, $2, $3 ->> 'type', $3, $4, $5, coalesce(($3 ->> 'v')::smallint, 1)", ...ofOne.values].join(", ")});
end
$$`,
    `create function ${qualify(schema, `${events}_insert`)}(
  entities uuid[], events json, context jsonb, recorded_at timestamptz
) returns void
language plpgsql as $$
begin
  insert into ${table} ${columns}
  select ${["e.id, e.sequence, e.event ->> 'type', e.event, $3, $4, coalesce((e.event ->> 'v')::smallint, 1)", ...ofMany.values].join(", ")}
  from json_to_recordset($2) as e (id uuid, sequence int, event jsonb)
  where e.id in (select unnest($1))
  order by e.id, e.sequence;
end
$$`,
  ];
};
