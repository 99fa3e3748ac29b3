import type { Clock } from "@annals/core";
import type { EventApplier } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { qualified, type TableName } from "./projected-tables.ts";

/** All that the parts of a projection share. */
export interface ProjectionParts<DB> {
  readonly name: string;
  readonly isInline: boolean;
  readonly db: Kysely<DB>;
  readonly database: Database<DB>;
  /** In the order in which they are locked. */
  readonly tables: readonly TableName[];
  readonly applier: EventApplier;
  readonly lockTimeoutMs: number;
  readonly clock: Clock;
}

/** The quoted names of the tables. */
export const namesOf = <DB>({ tables }: ProjectionParts<DB>): readonly string[] =>
  tables.map(qualified);

/** Runs statements of ours, in a transaction where one is given. */
export type RunStatement = <Row>(
  text: Statement,
  parameters?: readonly unknown[],
) => Promise<readonly Row[]>;

export const runOn =
  <DB>(
    { database, name }: ProjectionParts<DB>,
    call: string,
    tx: Parameters<Database<DB>["run"]>[2] = "none",
  ): RunStatement =>
  async <Row>(text: Statement, parameters: readonly unknown[] = []) =>
    (await database.run<Row>(text, parameters, tx, [name, call])).rows;
