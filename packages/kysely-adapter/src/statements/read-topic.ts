import type { TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { qualify } from "../tables/quote.ts";
import { SERVER_LIFE } from "./server-life.ts";
import { topicColumns } from "./topic-columns.ts";

/**
 * Reads the next events of one topic or several by rising position, within settled bounds.
 * Parameters: $1 after, $2 up to (settled), $3 limit, $4 the server's life that $2 belongs to: in
 * another life of the server nothing is returned, since $2 means nothing there. Locks: none.
 * Relies on: user_events_position_key.
 */
export const readTopic = (schema: string, plans: readonly TopicPlan[]): Statement => {
  const branches = plans.map(
    (plan) => `(
  select ${topicColumns(plan, plans)}
  from ${qualify(schema, plan.eventsTable)}
  where position > $1::bigint and position <= $2::bigint
    and ${SERVER_LIFE} = $4::text
  order by position
  limit $3::int
)`,
  );
  const merged = branches.length === 1 ? "" : "\norder by position\nlimit $3::int";
  return statement(
    `read_topic_${plans.map(({ name }) => name).join("_")}`,
    `${branches.join("\nunion all\n")}${merged}`,
  );
};
