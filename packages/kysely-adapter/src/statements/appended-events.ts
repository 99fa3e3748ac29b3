import type { TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify } from "../tables/quote.ts";
import { topicColumns } from "./topic-columns.ts";
import type { TopicRow } from "./topic-row.ts";

/**
 * Reads events that this transaction has just written, and says whether its snapshot knows the tables of a
 * projection as those that have their names now: names are looked up as of now, rows as of the snapshot.
 * Parameters: $1 ids, $2 their first and $3 their last sequences, $4 schemas and $5 names of the tables.
 * Locks: none. Relies on: user_events_id_sequence_key.
 */
export const appendedEvents = (schema: string, plan: TopicPlan): Statement =>
  statement(
    `appended_events_${plan.name}`,
    `select ${topicColumns(schema, plan, [plan])}, (
    select count(*) = cardinality($5::text[])
    from unnest($4::text[], $5::text[]) named (schema, name)
    join pg_catalog.pg_class c on c.oid = to_regclass(format('%I.%I', named.schema, named.name))
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = named.schema and c.relname = named.name
  ) as is_current
from unnest($1::uuid[], $2::int[], $3::int[]) appended (of, first, last)
join ${qualify(schema, plan.eventsTable)} on id = of and sequence between first and last
order by position`,
  );

export interface AppendedEventRow extends TopicRow {
  readonly is_current: boolean;
}
