import type { PublishedPlan } from "@annals/core/adapter";
import { qualify, quoteText } from "./quote.ts";

/** The qualified name of the function that publishes to a topic. */
export const publishFunctionName = (schema: string, eventsTable: string): string =>
  qualify(schema, `${eventsTable}_publish`);

/** The function with the types of its parameters, as DROP FUNCTION takes it. */
export const publisherSignature = (
  { eventsTable }: Pick<PublishedPlan, "eventsTable">,
  schema: string,
): string =>
  `${publishFunctionName(schema, eventsTable)}(json, jsonb, timestamptz, text, interval)`;

/**
 * A function that publishes any number of events, given as a JSON list of `{"key", "event", "headers",
 * "bytes", "once"}`, and keeps the latest event of each key where the topic is compacted.
 *
 * Deduplication keys are taken first: another publisher may hold one of them, and whoever waits for it
 * must not have locked the events table, which would hold up every consumer of the topic. Positions are
 * drawn while rows are inserted, so the rows come in the order of the list. The latest events come last,
 * and only forwards: by position, in the order of keys, so that publishers do not deadlock.
 */
export const publishFunction = (schema: string, plan: PublishedPlan, topic: string): string => {
  const events = qualify(schema, plan.eventsTable);
  return `create function ${publishFunctionName(schema, plan.eventsTable)}(
  publications json, context jsonb, recorded_at timestamptz, bound text, remembered interval,
  out published bigint, out duplicates bigint, out last_position bigint
)
language plpgsql as $$
declare
  previous text := current_setting('lock_timeout');
  fresh bigint[];
begin
  perform set_config('lock_timeout', $4, true);
  if $5 is not null then
    with given as (
      select distinct on (p.once) p.once, p.at
      from rows from (json_to_recordset($1) as (once text)) with ordinality as p (once, at)
      where p.once is not null
      order by p.once, p.at
    ), taken as (
      insert into annals.topic_deduplication_keys as d (topic, key, expires_at)
      select ${quoteText(topic)}, g.once, clock_timestamp() + $5 from given g order by g.once
      on conflict on constraint topic_deduplication_keys_pkey do update set expires_at = excluded.expires_at
      where d.expires_at <= clock_timestamp()
      returning d.key
    )
    select array_agg(g.at) into fresh from given g join taken t on t.key = g.once;
  end if;
  with inserted as (
    insert into ${events} as e (key, event_type, event, headers, bytes, context, recorded_at, event_version)
    select p.key, p.event ->> 'type', p.event, coalesce(p.headers, '{}'), decode(p.bytes, 'base64'), $2,
      coalesce($3, now()), coalesce((p.event ->> 'v')::smallint, 1)
    from rows from (
      json_to_recordset($1) as (key text, event jsonb, headers jsonb, bytes text, once text)
    ) with ordinality as p (key, event, headers, bytes, once, at)
    where p.once is null or p.at = any (fresh)
    order by p.at
    returning e.key, e.position, e.event_type, e.event, e.headers, e.bytes, e.context, e.recorded_at
  )${plan.compaction === undefined ? "" : `, ${keepLatest(schema, plan.compaction)}`}
  select count(*), json_array_length($1) - count(*), max(i.position)
  into published, duplicates, last_position
  from inserted i;
  perform set_config('lock_timeout', previous, true);
end
$$`;
};

const keepLatest = (
  schema: string,
  { latestTable, deletedBy }: NonNullable<PublishedPlan["compaction"]>,
): string => {
  const columns = ["position", "event_type", "event", "headers", "bytes", "context", "recorded_at"];
  const types = deletedBy.map(quoteText).join(", ");
  const deleted = types === "" ? "false" : `i.event_type in (${types})`;
  const updates = [...columns, "deleted"].map((column) => `${column} = excluded.${column}`);
  return `latest as (
    insert into ${qualify(schema, latestTable)} as l (key, ${columns.join(", ")}, deleted)
    select distinct on (i.key) i.key, ${columns.map((column) => `i.${column}`).join(", ")}, ${deleted}
    from inserted i
    order by i.key, i.position desc
    on conflict (key) do update set ${updates.join(", ")}
    where excluded.position > l.position
  )`;
};
