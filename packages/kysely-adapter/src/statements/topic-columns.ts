import type { TopicPlan } from "@annals/core/adapter";
import { quoteText } from "../tables/quote.ts";

/**
 * The columns that a reader of topics selects from each events table, alike for all of them, so that
 * they can be united. What only topics of their own have is left out where there is none.
 */
export const topicColumns = (plan: TopicPlan, plans: readonly TopicPlan[]): string => {
  const { name, kind } = plan;
  const identity = kind === "entity" ? "id::text as id, sequence" : "key as id, 0 as sequence";
  const common = `to_json(recorded_at) #>> '{}' as recorded_at, context, event`;
  const columns = `${quoteText(name)} as topic, ${identity}, position, ${common}`;
  if (plans.every((one) => one.kind === "entity")) return columns;
  return `${columns}, ${kind === "entity" ? "null::jsonb as headers, null::bytea as bytes" : "headers, bytes"}`;
};
