import {
  constraintLine,
  quoteName,
  type SchemaObject,
  type TablePart,
} from "@annals/kysely-adapter/schema";
import { newColumn } from "./new-column.ts";
import { change, type SchemaChange } from "./schema-change.ts";
import type { LockedEntity } from "./schema-lock.ts";

type Table = SchemaObject & { readonly kind: "table" };

/** What has to happen to a table that is there already. */
export const changedTable = (
  entity: string,
  locked: LockedEntity,
  before: Table,
  after: Table,
): readonly SchemaChange[] => [
  ...changedColumns(entity, locked, before, after),
  ...changedConstraints(entity, locked, before, after),
];

/** Parts by name: what is new, what is gone, and what differs. */
const compared = (
  before: readonly TablePart[],
  after: readonly TablePart[],
): {
  readonly added: readonly TablePart[];
  readonly removed: readonly TablePart[];
  readonly differing: readonly { readonly from: TablePart; readonly to: TablePart }[];
} => {
  const known = new Map(before.map((part) => [part.name, part]));
  const wanted = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !known.has(name)),
    removed: before.filter(({ name }) => !wanted.has(name)),
    differing: after.flatMap((to) => {
      const from = known.get(to.name);
      return from !== undefined && from.sql !== to.sql ? [{ from, to }] : [];
    }),
  };
};

const changedColumns = (
  entity: string,
  { indexTable, immutable }: LockedEntity,
  before: Table,
  after: Table,
): readonly SchemaChange[] => {
  const { qualified, name: table } = after;
  const { added, removed, differing } = compared(before.columns, after.columns);
  return [
    ...removed.map(({ name }) =>
      change(
        `${entity}: the column ${name} is dropped`,
        [`alter table ${qualified} drop column ${quoteName(name)}`],
        { named: { option: "drop", target: `${entity}.${name}` } },
      ),
    ),
    ...added.map((column) =>
      // What is no declared column is filled by no fold: a time of deletion is set from now on.
      table === indexTable && column.name !== "deleted_at"
        ? newColumn({
            entity,
            qualified,
            table,
            column,
            isImmutable: immutable.includes(column.name),
          })
        : change(
            `${entity}: the column ${column.name} is added`,
            [`alter table ${qualified} add column ${quoteName(column.name)} ${column.sql}`],
            / stored$/.test(column.sql) ? { note: REWRITES } : {},
          ),
    ),
    ...differing.map(({ from, to }) => changedColumn(entity, qualified, from, to)),
  ];
};

const REWRITES = "It rewrites the table, and nobody reads or writes it meanwhile.";

const NOT_NULL = / not null\b/;

const changedColumn = (
  entity: string,
  qualified: string,
  from: TablePart,
  to: TablePart,
): SchemaChange => {
  const name = quoteName(to.name);
  const alter = `alter table ${qualified} alter column ${name}`;
  const isRequired = NOT_NULL.test(to.sql);
  const nullability =
    isRequired === NOT_NULL.test(from.sql)
      ? []
      : [`${alter} ${isRequired ? "set" : "drop"} not null`];
  const type = to.sql.replace(NOT_NULL, "");
  if (type === from.sql.replace(NOT_NULL, "")) {
    return change(
      `${entity}: the column ${to.name} ${isRequired ? "is required" : "may be empty"}`,
      nullability,
    );
  }
  const [sqlType = type] = type.split(" collate ");
  return change(
    `${entity}: the column ${to.name} becomes ${to.sql}`,
    [`${alter} type ${type} using ${name}::text::${sqlType}`, ...nullability],
    {
      named: { option: "change", target: `${entity}.${to.name}` },
      note: REWRITES,
    },
  );
};

const changedConstraints = (
  entity: string,
  { indexTable }: LockedEntity,
  before: Table,
  after: Table,
): readonly SchemaChange[] => {
  const { qualified } = after;
  const { added, removed, differing } = compared(before.constraints, after.constraints);
  // What an events table gets has its values at once.
  const isNew = after.name === indexTable ? mentionsNewColumn(before, after) : () => false;
  // With a dropped column go its constraints.
  const drop = ({ name }: TablePart): string =>
    `alter table ${qualified} drop constraint if exists ${quoteName(name)}`;
  return [
    ...removed.map((part) =>
      change(`${entity}: the constraint ${part.name} is dropped`, [drop(part)]),
    ),
    ...differing.map(({ from, to }) =>
      change(`${entity}: the constraint ${to.name} changes`, [
        drop(from),
        ...addConstraint(qualified, to),
      ]),
    ),
    ...added.map((part) => {
      const title = `${entity}: the constraint ${part.name} is added`;
      const statements = addConstraint(qualified, part);
      return isNew(part.sql)
        ? change(title, [], { contract: statements, fills: entity })
        : change(title, statements);
    }),
  ];
};

/** Whether SQL is about a column that has no values yet. */
export const mentionsNewColumn = (before: Table, after: Table): ((sql: string) => boolean) => {
  const { added } = compared(before.columns, after.columns);
  const names = added.map(({ name }) => quoteName(name)).filter((name) => name !== '"deleted_at"');
  return (sql) => names.some((name) => sql.includes(name));
};

/** A check or a reference is added first and validated then, so that writers wait for a moment only. */
const addConstraint = (qualified: string, part: TablePart): readonly string[] => {
  const add = `alter table ${qualified} add ${constraintLine(part)}`;
  return /^(check|foreign key)\b/.test(part.sql)
    ? [`${add} not valid`, `alter table ${qualified} validate constraint ${quoteName(part.name)}`]
    : [add];
};
