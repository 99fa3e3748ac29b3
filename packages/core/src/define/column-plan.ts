import { InvalidDefinitionError } from "../errors/define-errors.ts";
import type { ColumnType } from "./column-type.ts";
import type { ColumnPlan } from "./entity-plan.ts";
import type { ComputedColumn, FieldColumn } from "./index-options.ts";
import { checkIdentifier, snakeCase } from "./names.ts";

const RESERVED: readonly string[] = [
  "id",
  "created_at",
  "version",
  "deleted_at",
  "and",
  "or",
  "not",
];

/** Checks a column's name and options, and says how it is in the database. */
export const columnPlan = (
  definition: string,
  property: string,
  type: ColumnType,
  nullable: boolean,
  options: FieldColumn<unknown> | ComputedColumn<unknown>,
): ColumnPlan => {
  const column = checkIdentifier(definition, snakeCase(property));
  if (RESERVED.includes(column)) {
    throw new InvalidDefinitionError(
      definition,
      `every index table has a column "${property}" of its own`,
      "Give the field another name, or leave it out of the index.",
    );
  }
  return {
    property,
    column,
    type,
    nullable,
    unique: options.unique ?? false,
    sortable: options.sort ?? true,
    immutable: options.immutable ?? false,
    collation: options.collation,
    references: parseReference(definition, property, options.references),
    onDelete: options.onDelete ?? "no action",
    check: options.check,
  };
};

const parseReference = (
  definition: string,
  property: string,
  reference: string | undefined,
): ColumnPlan["references"] => {
  if (reference === undefined) return undefined;
  const [table = "", column = "id", ...more] = reference.split(".");
  if (more.length > 0) {
    throw new InvalidDefinitionError(
      definition,
      `"${reference}", which "${property}" references, is not a table or a column`,
      'Write "orders" or "orders.id".',
    );
  }
  return {
    table: checkIdentifier(definition, table),
    column: checkIdentifier(definition, column),
  };
};
