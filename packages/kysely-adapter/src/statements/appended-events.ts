import type { TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify } from "../tables/quote.ts";
import { topicColumns } from "./topic-columns.ts";

/**
 * Reads events that this transaction has just written. Parameters: $1 ids, $2 their first and $3 their last
 * sequences. Locks: none. Relies on: user_events_id_sequence_key.
 */
export const appendedEvents = (schema: string, plan: TopicPlan): Statement =>
  statement(
    `appended_events_${plan.name}`,
    `select ${topicColumns(schema, plan, [plan])}
from unnest($1::uuid[], $2::int[], $3::int[]) appended (of, first, last)
join ${qualify(schema, plan.eventsTable)} on id = of and sequence between first and last
order by position`,
  );
