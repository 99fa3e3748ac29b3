import { quoteName } from "./quote.ts";

/** A column or a constraint, as it stands in CREATE TABLE after its name. */
export interface TablePart {
  readonly name: string;
  readonly sql: string;
}

/** One thing that a definition needs in the database, and how it is made. */
export type SchemaObject =
  | {
      readonly kind: "table";
      readonly name: string;
      readonly comment: string;
      /** The name with its schema, quoted. */
      readonly qualified: string;
      readonly columns: readonly TablePart[];
      readonly constraints: readonly TablePart[];
      /** What follows the closing parenthesis. */
      readonly options: string;
    }
  | {
      /** Row-level security is named after its table. */
      readonly kind: "index" | "trigger" | "row-level security" | "policy";
      readonly name: string;
      readonly comment?: string | undefined;
      /** The table that it is on, with its schema, quoted. */
      readonly table: string;
      readonly sql: string;
    }
  | {
      readonly kind: "function";
      readonly name: string;
      readonly comment?: string | undefined;
      /** The name with its schema, quoted, and the types of its parameters. */
      readonly signature: string;
      readonly sql: string;
    }
  | {
      /** What a role may do; its name is the role's. */
      readonly kind: "grant";
      readonly name: string;
      readonly comment?: string | undefined;
      readonly sql: string;
      /** Takes everything from the role again. */
      readonly revoke: string;
    };

/** The statement that creates an object, after a comment that says what it is for. */
export const createObject = (object: SchemaObject): string => {
  const sql = object.kind === "table" ? createTable(object) : object.sql;
  return object.comment === undefined ? sql : `-- ${object.comment}\n${sql}`;
};

const createTable = ({
  qualified,
  columns,
  constraints,
  options,
}: SchemaObject & { readonly kind: "table" }): string => {
  const lines = [
    ...columns.map(({ name, sql }) => `${quoteName(name)} ${sql}`),
    ...constraints.map(constraintLine),
  ];
  return `create table ${qualified} (\n  ${lines.join(",\n  ")}\n)${options}`;
};

/** A constraint as CREATE TABLE and ALTER TABLE ADD take it. */
export const constraintLine = ({ name, sql }: TablePart): string =>
  `constraint ${quoteName(name)} ${sql}`;
