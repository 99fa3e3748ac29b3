import type { ColumnPlan, EntityPlan, UniquePlan } from "@annals/core/adapter";
import type { TableNames } from "./events-guards.ts";
import { qualify, quoteName } from "./quote.ts";

interface CommentedSql {
  readonly comment: string;
  readonly sql: string;
}

/** The lines of CREATE TABLE that keep values unique, where rows are never deleted. */
export const uniqueConstraints = ({ lifecycle, uniques }: EntityPlan): readonly string[] =>
  lifecycle === undefined
    ? uniques.map(
        ({ constraint, columns }) =>
          `constraint ${quoteName(constraint)} unique (${list(columns)})`,
      )
    : [];

/** The indexes that lists and lookups rely on, apart from those of constraints. */
export const indexes = (plan: EntityPlan, names: TableNames): readonly CommentedSql[] =>
  plan.lifecycle === undefined ? plainIndexes(plan, names) : dividedIndexes(plan, names);

const plainIndexes = (plan: EntityPlan, { schema, index }: TableNames): readonly CommentedSql[] =>
  listIndexes(plan).map(({ name, columns, comment }) => ({
    comment: `${comment}.`,
    sql: `create index ${quoteName(`${index}_${name}_idx`)} on ${qualify(schema, index)} (${columns})`,
  }));

/**
 * Live rows and deleted ones have indexes of their own. Nothing pays for it: a row is in one of the two,
 * so an insert touches as many entries as without a lifecycle; and lists of live rows never step over
 * deleted ones, however many there come to be. Unique values are free when their row is deleted, which
 * only an index can say, so these are indexes under the names that the constraints would have.
 */
const dividedIndexes = (plan: EntityPlan, { schema, index }: TableNames): CommentedSql[] => {
  const table = qualify(schema, index);
  const live = (kind: string, name: string, columns: string): string =>
    `create ${kind} ${quoteName(name)} on ${table} (${columns}) where "deleted_at" is null`;
  const deleted = (name: string, columns: string): string =>
    `create index ${quoteName(name)} on ${table} (${columns}) where "deleted_at" is not null`;
  return [
    ...plan.uniques.flatMap(({ constraint, columns }) => [
      {
        comment: `No two live rows share ${columns.join(" and ")}.`,
        sql: live("unique index", constraint, list(columns)),
      },
      {
        comment: `Finds deleted rows by ${columns.join(" and ")}.`,
        sql: deleted(`${constraint}_deleted`, `${list(columns)}, "id"`),
      },
    ]),
    ...listIndexes(plan).flatMap(({ name, columns, comment }) => [
      { comment: `${comment}.`, sql: live("index", `${index}_${name}_idx`, columns) },
      {
        comment: `${comment}, of deleted rows.`,
        sql: deleted(`${index}_${name}_idx_deleted`, columns),
      },
    ]),
    {
      comment: "Lists what is deleted, in the order of its deletion.",
      sql: deleted(`${index}_deleted_at_idx`, '"deleted_at", "id"'),
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
