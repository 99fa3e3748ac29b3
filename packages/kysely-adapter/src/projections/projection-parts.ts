import type { Clock, Consumer } from "@annals/core";
import type { EventApplier } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import type { Database } from "../connection/database.ts";
import { type Statement, unprepared } from "../connection/statement.ts";
import type { DdlRow } from "../statements/shadow-tables.ts";
import { inSchemas, oldSchema, qualified, shadowSchema } from "./projected-tables.ts";
import type { TableName } from "./table-router.ts";

/** All that the parts of a projection share. */
export interface ProjectionParts<DB> {
  readonly name: string;
  readonly isInline: boolean;
  readonly db: Kysely<DB>;
  /** The same instance, on which queries on the tables go to the new ones that a rebuild fills. */
  readonly routed: Kysely<DB>;
  readonly database: Database<DB>;
  readonly tables: readonly TableName[];
  readonly applier: EventApplier;
  /** Fills the new tables, under a name and with a checkpoint of its own. */
  readonly filler: Consumer;
  readonly lockTimeoutMs: number;
  readonly clock: Clock;
}

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

/** Runs DDL that a statement has yielded, in its order. */
export const runYielded = async (
  run: RunStatement,
  text: Statement,
  parameters: readonly unknown[],
): Promise<void> => {
  for (const { ddl } of await run<DdlRow>(text, parameters)) await run(unprepared("ddl", ddl));
};

/** The quoted names of the live tables, of the new ones and of the old ones. */
export const quotedTables = <DB>({ tables }: ProjectionParts<DB>) => ({
  live: tables.map(qualified),
  shadow: inSchemas(tables, shadowSchema).map(qualified),
  old: inSchemas(tables, oldSchema).map(qualified),
});
