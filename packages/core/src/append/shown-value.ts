import type { EntityPlan } from "../define/entity-plan.ts";

/** A column's value as an error may carry it: errors get into logs, where what is personal must not be. */
export const shownValue = ({ columns }: EntityPlan, property: string, value: unknown): unknown =>
  columns.find((column) => column.property === property)?.isHash ? "[personal]" : value;
