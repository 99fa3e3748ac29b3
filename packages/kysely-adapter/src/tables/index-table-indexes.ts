import type { ColumnPlan, EntityPlan } from "@annals/core/adapter";
import { qualify, quoteName } from "./quote.ts";
import type { SchemaObject, TablePart } from "./schema-object.ts";
import { scopeColumns, scopeNames } from "./scope-columns.ts";
import type { TableNames } from "./table-names.ts";

/** The constraints that keep values unique, where rows are never deleted. */
export const uniqueConstraints = ({ lifecycle, uniques }: EntityPlan): readonly TablePart[] =>
  lifecycle === undefined
    ? uniques.map(({ constraint, columns }) => ({
        name: constraint,
        sql: `unique (${list(columns)})`,
      }))
    : [];

/** The indexes that lists and lookups rely on, apart from those of constraints. */
export const indexes = (plan: EntityPlan, names: TableNames): readonly SchemaObject[] => {
  const table = qualify(names.schema, names.index);
  const made = plan.lifecycle === undefined ? plainIndexes(plan) : dividedIndexes(plan);
  return made.map(({ kind = "index", name, comment, on }) => ({
    kind: "index",
    name,
    comment,
    table,
    sql: `create ${kind} ${quoteName(name)} on ${table} ${on}`,
  }));
};

interface IndexParts {
  readonly kind?: "unique index";
  readonly name: string;
  readonly comment: string;
  /** The columns, and which rows. */
  readonly on: string;
}

const plainIndexes = (plan: EntityPlan): readonly IndexParts[] =>
  listIndexes(plan).map(({ name, columns, only, comment }) => ({
    name: `${plan.indexTable}_${name}_idx`,
    comment: `${comment}.`,
    on: only === undefined ? `(${columns})` : `(${columns}) where ${only}`,
  }));

/**
 * Live rows and deleted ones have indexes of their own. Nothing pays for it: a row is in one of the two,
 * so an insert touches as many entries as without a lifecycle; and lists of live rows never step over
 * deleted ones, however many there come to be. Unique values are free when their row is deleted, which
 * only an index can say, so these are indexes under the names that the constraints would have.
 */
const dividedIndexes = (plan: EntityPlan): readonly IndexParts[] => {
  const live = (columns: string, only?: string): string =>
    `(${columns}) where "deleted_at" is null${and(only)}`;
  const deleted = (columns: string, only?: string): string =>
    `(${columns}) where "deleted_at" is not null${and(only)}`;
  return [
    ...plan.uniques.flatMap(({ constraint, columns }): IndexParts[] => [
      {
        kind: "unique index",
        name: constraint,
        comment: `No two live rows share ${columns.join(" and ")}.`,
        on: live(list(columns)),
      },
      {
        name: `${constraint}_deleted`,
        comment: `Finds deleted rows by ${columns.join(" and ")}.`,
        on: deleted(`${list(columns)}, "id"`),
      },
    ]),
    ...listIndexes(plan).flatMap(({ name, columns, only, comment }): IndexParts[] => [
      { name: `${plan.indexTable}_${name}_idx`, comment: `${comment}.`, on: live(columns, only) },
      {
        name: `${plan.indexTable}_${name}_idx_deleted`,
        comment: `${comment}, of deleted rows.`,
        on: deleted(columns, only),
      },
    ]),
    {
      name: `${plan.indexTable}_deleted_at_idx`,
      comment: "Lists what is deleted, in the order of its deletion.",
      on: deleted(list([...scopeColumns(plan).map(({ column }) => column), "deleted_at", "id"])),
    },
  ];
};

const and = (condition: string | undefined): string =>
  condition === undefined ? "" : ` and ${condition}`;

interface ListIndex {
  readonly name: string;
  readonly columns: string;
  /** The rows that it holds, where it does not hold all. */
  readonly only?: string;
  readonly comment: string;
}

/** Lists are those of a scope, whose columns therefore come first in every index. */
const listIndexes = (plan: EntityPlan): readonly ListIndex[] => {
  const scope = scopeNames(plan);
  const led = (index: ListIndex): ListIndex => ({
    ...index,
    columns: [...scope, index.columns].join(", "),
  });
  const byId = { name: "scope", columns: '"id"', comment: "Lists a scope by id" };
  return [
    ...(scope.length === 0 ? [] : [byId]),
    { name: "created_at", columns: '"created_at", "id"', comment: "Lists by creation time" },
    ...plan.columns.slice(scope.length).flatMap((column) => columnIndex(plan, column) ?? []),
  ].map(led);
};

const columnIndex = (
  plan: EntityPlan,
  { column, sortable, nullable }: ColumnPlan,
): ListIndex | undefined => {
  const name = quoteName(column);
  if (!isIndexedByConstraint(plan, column)) {
    const comment = `Lists by ${column}${sortable ? ", in its order" : ""}`;
    return { name: column, columns: sortable ? `${name}, "id"` : name, comment };
  }
  // The constraint's index has all rows without a value in no order of their ids.
  const comment = `Lists by ${column}, where it has no value`;
  const only = `${name} is null`;
  return sortable && nullable ? { name: column, columns: '"id"', only, comment } : undefined;
};

/** Whether a unique constraint on this column alone, within a scope, serves lookups and order already. */
export const isIndexedByConstraint = ({ uniques, scope }: EntityPlan, column: string): boolean =>
  uniques.some(({ columns, lookup }) => lookup.length === 1 && columns[scope.length] === column);

const list = (columns: readonly string[]): string => columns.map(quoteName).join(", ");
