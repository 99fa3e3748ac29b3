import { DELETED_AT } from "@annals/core/adapter";
import { type Statement, statement } from "../connection/statement.ts";
import { sqlType } from "../tables/column-sql.ts";
import { quoteName, quoteText } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";

/** A column of the index row, how it is compared, and what it should be. */
interface Compared {
  readonly column: string;
  readonly expected: string;
  /** Whether it is compared as text, since a type that the definition names may have no equality. */
  readonly asText: boolean;
}

/**
 * What the rows should be, as one JSON parameter; the casts are those of a write. No declared column can
 * have a name with a $.
 */
const expectedRows = ({ plan }: EntityTables): string => {
  const declared = plan.columns.map(({ column, type }) => `${quoteName(column)} ${sqlType(type)}`);
  const fixed = ["id uuid", '"$found" int', "version int", '"$deleted_by" int'];
  return `json_to_recordset($1::json) as e (${[...fixed, ...declared].join(", ")})`;
};

const compared = (tables: EntityTables): readonly Compared[] => [
  { column: "version", expected: "e.version", asText: false },
  {
    column: "created_at",
    expected: `(select recorded_at from ${tables.events} where id = e.id and sequence = 1)`,
    asText: false,
  },
  ...deletedAt(tables),
  ...tables.plan.columns.map(({ column, type }) => ({
    column,
    expected: `e.${quoteName(column)}`,
    asText: type.kind === "declared",
  })),
];

/** The time of the event that deletes, by its sequence: what older events became is known to the fold alone. */
const deletedAt = ({ plan, events }: EntityTables): readonly Compared[] => {
  if (plan.lifecycle === undefined) return [];
  const expected = `(select recorded_at from ${events} where id = e.id and sequence = e."$deleted_by")`;
  return [{ column: DELETED_AT.column, expected, asText: false }];
};

const differs = ({ column, expected, asText }: Compared): string => {
  const cast = asText ? "::text" : "";
  return `u.${quoteName(column)}${cast} is distinct from ${expected}${cast}`;
};

/**
 * Compares index rows with what their events fold into, each at the version at which its events were
 * read: a row that moved meanwhile is none of the result's business and is told as `moved`.
 * Parameters: $1 a JSON list of `{"id", "$found", "version", "$deleted_by", …columns}`, `$found` being
 * the row's version and `$deleted_by` the sequence of the event that deletes it.
 * Returns the rows that differ or moved. Locks: none. Relies on: users_pkey.
 */
export const compareIndexRows = (tables: EntityTables): Statement => {
  const columns = compared(tables);
  const names = columns.map((one) => `case when ${differs(one)} then ${quoteText(one.column)} end`);
  return statement(
    `compare_${tables.plan.indexTable}`,
    `select e.id, u.version is distinct from e."$found" as moved,
  to_json(array_remove(array[${names.join(", ")}]::text[], null)) as columns
from ${expectedRows(tables)}
left join ${tables.index} u on u.id = e.id
where u.version is distinct from e."$found" or ${columns.map(differs).join(" or ")}`,
  );
};

export interface ComparedRow {
  readonly id: string;
  readonly moved: boolean;
  readonly columns: readonly string[];
}

/**
 * The columns that the index table has.
 * Parameters: none. Locks: none. Relies on: the catalogs.
 */
export const presentColumns = ({ plan, index }: EntityTables): Statement =>
  statement(
    `present_columns_${plan.indexTable}`,
    `select attname as name from pg_attribute
where attrelid = ${quoteText(index)}::regclass and attnum > 0 and not attisdropped`,
  );

/** The column that a migration puts beside a new one, to say at which version that was filled. */
export const filledColumn = (column: string): string => `${column}_filled`;

/** A column that a migration is filling, declared or not. */
export interface ColumnBeingFilled {
  readonly column: string;
  /** Whether later writes leave it alone, so that its first value is the right one. */
  readonly immutable: boolean;
  /** Whether the definition still has it; if not, whatever it holds will do, for it is about to go. */
  readonly isDeclared: boolean;
}

/** That a row has no value yet in a column that is being filled, or one of an earlier version. */
const isMissing = ({ column, immutable }: ColumnBeingFilled): string => {
  const filled = `u.${quoteName(filledColumn(column))}`;
  return immutable ? `${filled} is null` : `${filled} is distinct from u.version`;
};

/**
 * Makes index rows what their events fold into. Rows that moved meanwhile are left alone: whoever moved
 * them wrote what is right.
 * Parameters: $1 as for the comparison. Returns the rows that were changed. Locks: the differing rows, in
 * the order of their ids, so that it meets batches without a deadlock. Relies on: users_pkey.
 */
export const repairIndexRows = (
  tables: EntityTables,
  beingFilled: readonly ColumnBeingFilled[],
): Statement => {
  const columns = compared(tables);
  const wrong = [...columns.map(differs), ...beingFilled.map(isMissing)];
  const kept = beingFilled.filter(({ isDeclared }) => !isDeclared);
  const sets = [
    ...columns.map(({ column, expected }) => `${quoteName(column)} = ${expected}`),
    ...kept.map(({ column }) => `${quoteName(column)} = u.${quoteName(column)}`),
  ];
  return statement(
    `repair_${tables.plan.indexTable}`,
    `with e as materialized (select e.* from ${expectedRows(tables)}),
locked as materialized (
  select u.id from ${tables.index} u join e on e.id = u.id
  where u.version = e."$found" and (${wrong.join(" or ")})
  order by u.id
  for update of u
)
update ${tables.index} u set ${sets.join(", ")}
from e join locked on locked.id = e.id
where u.id = e.id and u.version = e."$found"
returning u.id`,
  );
};
