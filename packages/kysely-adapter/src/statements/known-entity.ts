import type { KnownEntities } from "@annals/core/adapter";
import { quoteText } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";

/** What a statement for somebody who knows entities has to look at. */
export interface Knowledge {
  /** Whether anybody's personal values are among what is known. */
  readonly subjects: boolean;
}

/**
 * The columns that bring an entity back for somebody who knows its events up to `k.since`: those that came
 * later, and a mark of the last one; nothing where none came.
 */
export const newerColumns = ({ events }: EntityTables): string => `u.id, u.version, k.since,
  case when u.version > k.since then (select json_agg(e.event) from (
    select event from ${events} where id = u.id and sequence > k.since order by sequence
  ) e) end as events,
  case when u.version > k.since then (
    select json_build_array(position, recorded_at) from ${events} where id = u.id and sequence = u.version
  ) end as mark`;

/**
 * Joins, as `k`, since when the events of an index row `u` are news: the version that is known, if its event
 * is the very one that it was, and none before it can have changed; else 0. A history that was restored from
 * a backup, or begun anew, has another event there, by its position or its time.
 * Relies on: user_events_id_sequence_key, erasures_pkey, subjects_pkey.
 *
 * Known entities are one JSON object by id, in which a row finds its own without a join, whose plan would
 * depend on how many there are. OFFSET 0 keeps the subselect from being evaluated once for each mention.
 */
export const joinKnown = (
  { schema, plan, events }: EntityTables,
  { subjects }: Knowledge,
  /** The parameter that has the JSON of `knownParameter`. */
  parameter: string,
): string => {
  const known = `${parameter}::jsonb -> u.id::text`;
  const isForgotten = `
      and not exists (
        select from annals.subjects s
        where s.subject = any (array(select jsonb_array_elements_text(${known} -> 3))) and s.forgotten_at is not null
      )`;
  return `cross join lateral (
  select coalesce((
    select h.sequence from ${events} h
    where h.id = u.id and h.sequence = (${known} ->> 0)::int
      and h.position = (${known} ->> 1)::bigint and h.recorded_at = (${known} ->> 2)::timestamptz
      and not exists (
        select from annals.erasures x
        where x.events_table = format('%I.%I', ${quoteText(schema)}, ${quoteText(plan.eventsTable)}) and x.entity_id = u.id
      )${subjects ? isForgotten : ""}
  ), 0) as since
  offset 0
) k`;
};

/** What is known of entities, as a statement takes it: `[version, position, time, subjects]` by id. */
export const knownParameter = (known: KnownEntities): string =>
  JSON.stringify(
    Object.fromEntries(
      Array.from(known, ([id, { version, mark, subjects }]) => [
        id,
        [version, ...(mark as readonly unknown[]), ...(subjects.length === 0 ? [] : [subjects])],
      ]),
    ),
  );

export const knowledgeOf = (known: KnownEntities): Knowledge => ({
  subjects: [...known.values()].some(({ subjects }) => subjects.length > 0),
});
