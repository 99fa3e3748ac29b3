import { isEntityPlan, type TopicPlan } from "@annals/core/adapter";
import { qualify, quoteName, quoteText } from "../tables/quote.ts";
import { scopeNames } from "../tables/scope-columns.ts";

/**
 * The columns that a reader of topics selects from each events table, alike for all of them, so that
 * they can be united. What only topics of their own have is left out where there is none. The events table
 * has no alias.
 */
export const topicColumns = (
  schema: string,
  plan: TopicPlan,
  plans: readonly TopicPlan[],
): string => {
  const { name, kind } = plan;
  const identity = kind === "entity" ? "id::text as id, sequence" : "key as id, 0 as sequence";
  const common = `round(date_part('epoch', recorded_at) * 1000) as recorded_at, context, event`;
  const columns = `${quoteText(name)} as topic, ${identity}, position, ${common}${scopeColumn(plan, plans)}${parentColumn(schema, plan, plans)}`;
  if (plans.every((one) => one.kind === "entity")) return columns;
  return `${columns}, ${kind === "entity" ? "null::jsonb as headers, null::bytea as bytes" : "headers, bytes"}`;
};

/** The scope of the event's entity as one list; left out where no topic has one. */
const scopeColumn = (plan: TopicPlan, plans: readonly TopicPlan[]): string => {
  const namesOf = (one: TopicPlan): readonly string[] => (isEntityPlan(one) ? scopeNames(one) : []);
  if (plans.every((one) => namesOf(one).length === 0)) return "";
  const names = namesOf(plan);
  return names.length === 0
    ? ", null::json as scope"
    : `, json_build_array(${names.join(", ")}) as scope`;
};

/** Whose child the event's entity is, which its index row says; left out where no topic is of children. */
const parentColumn = (schema: string, plan: TopicPlan, plans: readonly TopicPlan[]): string => {
  if (plans.every((one) => !isEntityPlan(one) || one.parent === undefined)) return "";
  if (!isEntityPlan(plan) || plan.parent === undefined) return ", null::text as parent";
  const ofEvent = `${quoteName(plan.eventsTable)}.id`;
  return `, (select ${quoteName(plan.parent.column)}::text from ${qualify(schema, plan.indexTable)} u where u.id = ${ofEvent}) as parent`;
};
