import { type ColumnPlan, DELETED_AT, type Predicate } from "@annals/core/adapter";
import { parameterType, toParameter } from "../tables/column-sql.ts";
import { quoteName } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";

/** Collects a statement's parameters while its text is written. */
export class Parameters {
  readonly values: unknown[];

  /** @param first what the statement has beside them. */
  constructor(first: readonly unknown[] = []) {
    this.values = [...first];
  }

  /** Adds a value and returns its placeholder. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/**
 * A condition in SQL over an index table and its alias. Every value is a parameter, cast to its column's
 * type, so that the text depends on the shape of the condition only and an index can serve it.
 */
export const condition = (
  tables: EntityTables,
  predicate: Predicate,
  parameters: Parameters,
  alias = "u",
): string => {
  const render = (one: Predicate): string => condition(tables, one, parameters, alias);
  switch (predicate.kind) {
    case "all":
      return predicate.of.length === 0 ? "true" : `(${predicate.of.map(render).join(" and ")})`;
    case "any":
      return predicate.of.length === 0 ? "false" : `(${predicate.of.map(render).join(" or ")})`;
    case "not":
      return `not ${render(predicate.of)}`;
  }
  const column = columnOf(tables, predicate.column);
  const name = `${alias}.${quoteName(column.column)}`;
  switch (predicate.kind) {
    case "absent":
      return `(${name} is null)`;
    case "compare": {
      const value = parameters.add(toParameter(column, predicate.value));
      return `(${name} ${predicate.operator} ${value}::${parameterType(column.type)})`;
    }
    case "oneOf": {
      // One list, however long, is one parameter and one text.
      const values = parameters.add(predicate.values.map((value) => toParameter(column, value)));
      return `(${name} = any (${values}::${parameterType(column.type)}[]))`;
    }
    case "like": {
      const operator = predicate.ignoreCase ? "ilike" : "like";
      return `(${name} ${operator} ${parameters.add(predicate.pattern)}::text)`;
    }
  }
};

export const columnOf = (tables: EntityTables, property: string): ColumnPlan => {
  if (property === DELETED_AT.property && tables.plan.lifecycle !== undefined) return DELETED_AT;
  const column = tables.plan.columns.find((candidate) => candidate.property === property);
  if (column === undefined) throw new Error(`${tables.plan.name} has no column "${property}"`);
  return column;
};
