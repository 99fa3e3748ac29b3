import type { EntityPlan } from "@annals/core/adapter";
import { qualify } from "../tables/quote.ts";

/** An entity's plan, and where its tables are. What every statement is built from. */
export interface EntityTables {
  readonly plan: EntityPlan;
  readonly schema: string;
  /** The qualified, quoted name of the index table. */
  readonly index: string;
  /** The qualified, quoted name of the events table. */
  readonly events: string;
}

export const entityTableNames = (plan: EntityPlan, schema: string): EntityTables => ({
  plan,
  schema,
  index: qualify(schema, plan.indexTable),
  events: qualify(schema, plan.eventsTable),
});
