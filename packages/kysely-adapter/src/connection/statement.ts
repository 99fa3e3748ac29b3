import { createHash } from "node:crypto";
import { type QueryId, RawNode } from "kysely";
import { typeParsers } from "./type-parsers.ts";

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

const named = new Map<string, OwnStatement>();

/** Makes a statement that is prepared. `label` shows up in `pg_prepared_statements`. */
export const statement = (label: string, sql: string): Statement => {
  const made = build(label, sql);
  named.set(sql, { prepared: { name: made.name, text: sql, types: typeParsers } });
  return made;
};

/** Marks the texts that are ours and have no name, since nobody remembers them. */
const UNPREPARED = "/* annals */ ";

/** Makes a statement that is not worth keeping on every connection. */
export const unprepared = (label: string, sql: string): Statement =>
  build(label, `${UNPREPARED}${sql}`);

const build = (label: string, sql: string): Statement => {
  const hash = createHash("sha256").update(sql).digest("hex").slice(0, 16);
  const name = `annals_${label.slice(0, NAME_BYTES_MAX - 8 - hash.length)}_${hash}`;
  return Object.freeze({ name, sql, node: RawNode.createWithSql(sql), queryId: { queryId: name } });
};

/** What is known of one of our texts. */
export interface OwnStatement {
  /** How `pg` is asked for it under its name, beside the values; absent for one that has no name. */
  readonly prepared?: object;
}

/** Whether a text is one of ours, and how to ask for it under its name if it has one. */
export const ownStatement = (sql: string): OwnStatement | undefined =>
  named.get(sql) ?? (sql.startsWith(UNPREPARED) ? NAMELESS : undefined);

const NAMELESS = {};
