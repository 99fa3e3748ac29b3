import { ProjectionOldKeptError } from "@annals/core";
import { unprepared } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import {
  forgetCheckpoints,
  forgetConsumer,
  lockProjection,
} from "../statements/projection-checkpoint.ts";
import {
  type ComparedRow,
  compareTables,
  createTables,
  finishTables,
} from "../statements/shadow-tables.ts";
import { quoteName, quoteText } from "../tables/quote.ts";
import { oldSchema, shadowSchema } from "./projected-tables.ts";
import {
  type ProjectionParts,
  quotedTables,
  type RunStatement,
  runOn,
  runYielded,
} from "./projection-parts.ts";

/**
 * Makes the tables that a rebuild fills, empty and with the filler at the beginning; or leaves those of an
 * earlier one as they are, so that it goes on, unless it is to begin anew or the live tables have changed.
 *
 * @throws ProjectionOldKeptError
 */
export const prepareShadow = <DB>(parts: ProjectionParts<DB>, restart: boolean): Promise<void> =>
  transaction(parts.db, async (tx) => {
    const run = runOn(parts, "rebuild", tx);
    await run(lockProjection, [parts.name]);
    await checkNothingKept(parts, run);
    const { live, shadow } = quotedTables(parts);
    const [found] = await run<ComparedRow>(compareTables, [shadow, live]);
    if (found?.alike && !restart) return;
    await dropTables(run, shadow);
    await forgetFiller(parts, run);
    for (const schema of new Set(parts.tables.map((table) => table.schema))) {
      await createSchema(run, shadowSchema(schema));
      await createSchema(run, oldSchema(schema));
    }
    await runYielded(run, createTables, [live, shadow]);
    await runYielded(run, finishTables, [live, shadow]);
  });

/** Creating one that is there takes a privilege, even if it says "if not exists". */
const createSchema = async (run: RunStatement, schema: string): Promise<void> => {
  const [{ found }] = (await run<{ found: boolean }>(
    unprepared(
      "schema",
      `select to_regnamespace(${quoteText(quoteName(schema))}) is not null as found`,
    ),
  )) as [{ found: boolean }];
  if (!found) await run(unprepared("schema", `create schema ${quoteName(schema)}`));
};

/** Whether there are tables that a rebuild fills. */
export const hasShadow = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<boolean> => {
  const { live, shadow } = quotedTables(parts);
  const [found] = await run<ComparedRow>(compareTables, [shadow, live]);
  return found?.present.length === shadow.length;
};

/** The tables that the last rebuild has replaced, as far as they are kept. */
export const keptTables = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<readonly string[]> => {
  const { live, old } = quotedTables(parts);
  const [found] = await run<ComparedRow>(compareTables, [old, live]);
  return found?.present ?? [];
};

export const checkNothingKept = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<void> => {
  const tables = await keptTables(parts, run);
  if (tables.length > 0) throw new ProjectionOldKeptError({ projection: parts.name, tables });
};

export const forgetFiller = async <DB>(
  { filler }: ProjectionParts<DB>,
  run: RunStatement,
): Promise<void> => {
  await run(forgetCheckpoints, [filler.name]);
  await run(forgetConsumer, [filler.name]);
};

const dropTables = async (run: RunStatement, names: readonly string[]): Promise<void> => {
  await run(unprepared("drop", `drop table if exists ${names.join(", ")}`));
};

/** Ends a rebuild that was begun, and what it has filled so far. */
export const discardShadow = <DB>(parts: ProjectionParts<DB>): Promise<void> =>
  transaction(parts.db, async (tx) => {
    const run = runOn(parts, "discardRebuild", tx);
    await run(lockProjection, [parts.name]);
    await dropTables(run, quotedTables(parts).shadow);
    await forgetFiller(parts, run);
  });

/** Drops the tables that the last rebuild has replaced. */
export const dropOld = <DB>(parts: ProjectionParts<DB>): Promise<void> =>
  transaction(parts.db, async (tx) => {
    const run = runOn(parts, "dropOld", tx);
    await run(lockProjection, [parts.name]);
    await dropTables(run, quotedTables(parts).old);
  });
