import type { KnownEntities, KnownEntity } from "@annals/core/adapter";
import { quoteText } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { eventsColumn } from "./stored-entity.ts";

/** What a statement is told by somebody who knows entities. */
export interface Knowledge {
  /** Nothing yet; one entity, by parameters of its own; any number in one parameter, by their ids. */
  readonly of: "none" | "one" | "many";
  /** Whether anybody's personal values are among what is known. */
  readonly subjects: boolean;
}

export const knowledgeOf = (known: KnownEntities, most: "one" | "many"): Knowledge => {
  const subjects = [...known.values()].some((one) => one.subjects.length > 0);
  return { of: known.size === 0 ? "none" : most, subjects };
};

/** What is known of entities, as a statement takes it. */
export const knownParameters = (
  known: KnownEntities,
  { of, subjects }: Knowledge,
): readonly unknown[] => {
  const [first] = known;
  if (of === "none" || first === undefined) return [];
  if (of === "many") {
    const all = Array.from(known, ([id, one]) => [id, [...placeOf(one), one.subjects]]);
    return [JSON.stringify(Object.fromEntries(all))];
  }
  const [id, one] = first;
  return [id, ...placeOf(one), ...(subjects ? [one.subjects] : [])];
};

/** Version, position, time. */
const placeOf = ({ version, mark }: KnownEntity): readonly unknown[] => [
  version,
  ...(mark as readonly unknown[]),
];

/**
 * The columns that bring an entity back for somebody who knows its events up to `k.since`: those that came
 * later, and a mark of the last one; nothing where none came.
 */
export const newerColumns = (tables: EntityTables, { of }: Knowledge): string => {
  const { events } = tables;
  const mark = `(
    select json_build_array(position, recorded_at) from ${events} where id = u.id and sequence = u.version
  )`;
  if (of === "none") return `u.id, u.version, ${eventsColumn(tables)},\n  ${mark} as mark`;
  return `u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from ${events} where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then ${mark} end as mark`;
};

/**
 * Joins, as `k`, since when the events of an index row `u` are news: the version that is known, if its event
 * is the very one that it was, and none before it can have changed; else 0. A history that was restored from
 * a backup, or begun anew, has another event there, by its position or its time.
 * Relies on: user_events_id_sequence_key, erasures_pkey, subjects_pkey.
 *
 * Many entities are one JSON object by id, in which a row finds its own without a join, whose plan would
 * depend on how many there are. OFFSET 0 keeps the subselect from being evaluated once for each mention.
 */
export const joinKnown = (
  { schema, plan, events }: EntityTables,
  knows: Knowledge,
  /** The first parameter of `knownParameters`. */
  first: number,
): string => {
  if (knows.of === "none") return "";
  const { condition, subjects } = knows.of === "one" ? ofOne(first) : ofMany(first);
  const isForgotten = `
      and not exists (
        select from annals.subjects s
        where s.subject = any (${subjects}) and s.forgotten_at is not null
      )`;
  return `
cross join lateral (
  select coalesce((
    select h.sequence from ${events} h
    where h.id = u.id and ${condition}
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', ${quoteText(schema)}, ${quoteText(plan.eventsTable)}) and x.entity_id = u.id
      )${knows.subjects ? isForgotten : ""}
  ), 0) as since
  offset 0
) k`;
};

const ofOne = (first: number) => ({
  condition: `u.id = $${first}::uuid and h.sequence = $${first + 1}::int
      and h.position = $${first + 2}::bigint and h.recorded_at = $${first + 3}::timestamptz`,
  subjects: `$${first + 4}::text[]`,
});

const ofMany = (first: number) => {
  const known = `$${first}::jsonb -> u.id::text`;
  return {
    condition: `h.sequence = (${known} ->> 0)::int
      and h.position = (${known} ->> 1)::bigint and h.recorded_at = (${known} ->> 2)::timestamptz`,
    subjects: `array(select jsonb_array_elements_text(${known} -> 3))`,
  };
};
