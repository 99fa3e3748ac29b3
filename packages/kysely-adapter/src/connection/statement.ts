import { createHash } from "node:crypto";
import { type QueryId, RawNode } from "kysely";

/** A statement of ours: constant text, compiled once, executed many times under one name. */
export interface Statement {
  /** The prepared statement's name: what it does, on which table, and a hash of its text. */
  readonly name: string;
  readonly sql: string;
  readonly node: RawNode;
  readonly queryId: QueryId;
}

/** PostgreSQL cuts longer names (NAMEDATALEN - 1), which would make two of them one. */
const NAME_BYTES_MAX = 63;

const names = new Map<string, string>();

/** Makes a statement that is prepared. `label` shows up in `pg_prepared_statements`. */
export const statement = (label: string, sql: string): Statement => {
  const made = unprepared(label, sql);
  names.set(sql, made.name);
  return made;
};

/** Makes a statement that is not worth keeping on every connection. */
export const unprepared = (label: string, sql: string): Statement => {
  const hash = createHash("sha256").update(sql).digest("hex").slice(0, 16);
  const name = `annals_${label.slice(0, NAME_BYTES_MAX - 8 - hash.length)}_${hash}`;
  return Object.freeze({ name, sql, node: RawNode.createWithSql(sql), queryId: { queryId: name } });
};

/** The name of a text that `statement` made; `undefined` for everybody else's queries. */
export const preparedName = (sql: string): string | undefined => names.get(sql);
