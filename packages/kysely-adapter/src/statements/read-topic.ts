import { isEntityPlan, type TopicPlan } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { parameterType } from "../tables/column-sql.ts";
import { qualify, quoteName } from "../tables/quote.ts";
import { scopeColumns } from "../tables/scope-columns.ts";
import { SERVER_LIFE } from "./server-life.ts";
import { topicColumns } from "./topic-columns.ts";
import { inLists } from "./topic-lists.ts";

/** What narrows a reading beside positions and event types. Each has a text of its own. */
export interface TopicFilters {
  /** Only keys of some slots: $5 their numbers, $6 how many there are. */
  readonly slots: boolean;
  /** Only these entities or keys: $7. */
  readonly keys: boolean;
  /** Only entities in one scope: its values follow the lists of event types. */
  readonly scope?: boolean;
}

/** The first parameter that lists a topic's event types. */
const TYPES_FROM = 8;

/**
 * Reads the next events of one topic or several by rising position, within settled bounds, in rows of lists.
 * Parameters: $1 after, $2 up to (settled), $3 limit, $4 the server's life that $2 belongs to: in
 * another life of the server nothing is returned, since $2 means nothing there; $5 to $7 as the filters
 * say; from $8 on, for each topic, the event types to pass over, then the scope.
 * Locks: none.
 * Relies on: user_events_position_key.
 */
export const readTopic = (
  schema: string,
  plans: readonly TopicPlan[],
  filters: TopicFilters = { slots: false, keys: false },
): Statement => {
  const branches = plans.map((plan, at) => branch(schema, plan, plans, filters, TYPES_FROM + at));
  const merged = branches.length === 1 ? "" : "\norder by position\nlimit $3::int";
  return statement(
    `read_topic_${plans.map(({ name }) => name).join("_")}`,
    inLists(`${branches.join("\nunion all\n")}${merged}`, plans, filters),
  );
};

const branch = (
  schema: string,
  plan: TopicPlan,
  plans: readonly TopicPlan[],
  filters: TopicFilters,
  types: number,
): string => {
  const key = plan.kind === "entity" ? "id" : "key";
  const slot = `annals.bucket(${key}::text) * $6::int / 1024`;
  // A parameter that nothing refers to would have no type.
  const inSlots = filters.slots
    ? `${slot} = any ($5::int[])`
    : "$5::int[] is null and $6::int is null";
  const ofKeys = filters.keys
    ? `${key} = any ($7::${plan.kind === "entity" ? "uuid" : "text"}[])`
    : "$7::text[] is null";
  const inScope =
    filters.scope && isEntityPlan(plan)
      ? scopeColumns(plan)
          .map(
            ({ column, type }, at) =>
              `\n    and ${quoteName(column)} = $${TYPES_FROM + plans.length + at}::${parameterType(type)}`,
          )
          .join("")
      : "";
  return `(
  select ${topicColumns(schema, plan, plans)}${filters.slots ? `, ${slot} as slot` : ""}
  from ${qualify(schema, plan.eventsTable)}
  where position > $1::bigint and position <= $2::bigint
    and ${SERVER_LIFE} = $4::text
    and event_type <> all ($${types}::text[])
    and ${inSlots}
    and ${ofKeys}${inScope}
  order by position
  limit $3::int
)`;
};
