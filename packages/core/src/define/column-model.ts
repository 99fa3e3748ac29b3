import type { ColumnPlan } from "./entity-plan.ts";
import type { JsonObject, JsonValue } from "./json-value.ts";

/** An index column, and how its value comes about. */
export interface ColumnModel {
  readonly plan: ColumnPlan;
  /** The value to store for a state; `null` for none. */
  readonly readValue: (state: object, stored: JsonObject, parentId?: string) => JsonValue;
  /** The same for a state that may not fit today's schema. */
  readonly readOldValue: (state: object, parentId?: string) => JsonValue;
  /** A value as a finder gets it, in the form in which it is stored. */
  readonly toStored: (value: unknown) => JsonValue;
}
