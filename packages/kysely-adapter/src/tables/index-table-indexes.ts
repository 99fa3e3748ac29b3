import type { ColumnPlan, EntityPlan, UniquePlan } from "@annals/core/adapter";
import type { TableNames } from "./events-guards.ts";
import { qualify, quoteName } from "./quote.ts";
import type { SchemaObject, TablePart } from "./schema-object.ts";

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
  listIndexes(plan).map(({ name, columns, comment }) => ({
    name: `${plan.indexTable}_${name}_idx`,
    comment: `${comment}.`,
    on: `(${columns})`,
  }));

/**
 * Live rows and deleted ones have indexes of their own. Nothing pays for it: a row is in one of the two,
 * so an insert touches as many entries as without a lifecycle; and lists of live rows never step over
 * deleted ones, however many there come to be. Unique values are free when their row is deleted, which
 * only an index can say, so these are indexes under the names that the constraints would have.
 */
const dividedIndexes = (plan: EntityPlan): readonly IndexParts[] => {
  const live = (columns: string): string => `(${columns}) where "deleted_at" is null`;
  const deleted = (columns: string): string => `(${columns}) where "deleted_at" is not null`;
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
    ...listIndexes(plan).flatMap(({ name, columns, comment }): IndexParts[] => [
      { name: `${plan.indexTable}_${name}_idx`, comment: `${comment}.`, on: live(columns) },
      {
        name: `${plan.indexTable}_${name}_idx_deleted`,
        comment: `${comment}, of deleted rows.`,
        on: deleted(columns),
      },
    ]),
    {
      name: `${plan.indexTable}_deleted_at_idx`,
      comment: "Lists what is deleted, in the order of its deletion.",
      on: deleted('"deleted_at", "id"'),
    },
  ];
};

const listIndexes = (plan: EntityPlan) => [
  { name: "created_at", columns: '"created_at", "id"', comment: "Lists by creation time" },
  ...plan.columns
    .filter((column) => !isIndexedByConstraint(plan.uniques, column))
    .map(({ column, sortable }) => ({
      name: column,
      columns: sortable ? `${quoteName(column)}, "id"` : quoteName(column),
      comment: `Lists by ${column}${sortable ? ", in its order" : ""}`,
    })),
];

/** Whether a unique constraint on this column alone serves lookups and order already. */
const isIndexedByConstraint = (uniques: readonly UniquePlan[], { column }: ColumnPlan): boolean =>
  uniques.some(({ columns }) => columns.length === 1 && columns[0] === column);

const list = (columns: readonly string[]): string => columns.map(quoteName).join(", ");
