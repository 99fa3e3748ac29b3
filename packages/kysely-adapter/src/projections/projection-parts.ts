import { AnnalsError, type Clock } from "@annals/core";
import type { EventApplier, EventOpener } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { type Statement, unprepared } from "../connection/statement.ts";
import type { DdlRow } from "../statements/shadow-tables.ts";
import { qualify } from "../tables/quote.ts";
import { qualified } from "./projected-tables.ts";
import type { TableName } from "./table-router.ts";

/** All that the parts of a projection share. */
export interface ProjectionParts<DB> {
  readonly name: string;
  readonly isInline: boolean;
  readonly db: Kysely<DB>;
  readonly database: Database<DB>;
  /** In the order in which they are locked. */
  readonly tables: readonly TableName[];
  readonly applier: EventApplier;
  /** Opens what is personal in events as they are stored. */
  readonly opened: EventOpener<Transaction<DB>>;
  readonly lockTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * Tables like the live ones, which handlers fill from the first event on: to take their place, or to be
 * compared with them. Schema and checkpoint bear one name.
 */
export type CopyKind = "rebuild" | "verify";

export const copyName = ({ name }: { readonly name: string }, kind: CopyKind): string =>
  `${name}:${kind}`;

/** The schema of the tables that the last rebuild has replaced. */
export const oldSchema = ({ name }: { readonly name: string }): string => `${name}:old`;

/** The quoted names of the tables where they are used, or in another schema. */
export const namesOf = <DB>(
  { tables }: ProjectionParts<DB>,
  schema: string | undefined = undefined,
): readonly string[] =>
  tables.map((table) => (schema === undefined ? qualified(table) : qualify(schema, table.name)));

/**
 * Runs statements of ours, in a transaction where one is given.
 *
 * @throws DatabaseError
 */
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
  async <Row>(text: Statement, parameters: readonly unknown[] = []) => {
    try {
      return (await database.run<Row>(text, parameters, tx, [name, call])).rows;
    } catch (error) {
      throw error instanceof AnnalsError ? error : databaseError(`${call} of ${name}`, error);
    }
  };

/** Runs DDL that a statement has yielded, in its order. */
export const runYielded = async (
  run: RunStatement,
  text: Statement,
  parameters: readonly unknown[],
): Promise<void> => {
  for (const { ddl } of await run<DdlRow>(text, parameters)) await run(unprepared("ddl", ddl));
};
