import { ProjectionOldKeptError } from "@annals/core";
import { topicIdentity } from "../connection/schema-name.ts";
import { unprepared } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import { registerConsumer } from "../statements/consumer-registration.ts";
import {
  forgetCheckpoints,
  forgetConsumer,
  lockCheckpoints,
  lockProjection,
  readPlaces,
} from "../statements/projection-checkpoint.ts";
import {
  type ComparedRow,
  compareTables,
  createTables,
  finishTables,
} from "../statements/shadow-tables.ts";
import { qualify, quoteName, quoteText } from "../tables/quote.ts";
import { boundWaits, Patience } from "./locked-tables.ts";
import {
  type CopyKind,
  copyName,
  namesOf,
  oldSchema,
  type ProjectionParts,
  type RunStatement,
  runOn,
  runYielded,
} from "./projection-parts.ts";
import { repeated } from "./repeated.ts";

/**
 * Makes the tables of a copy, empty and with its checkpoint at the beginning; or leaves those of an earlier
 * call as they are, so that it goes on, unless it is to begin anew or the live tables have changed.
 *
 * @throws ProjectionOldKeptError
 */
export const prepareCopy = <DB>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  { restart, patience }: { readonly restart: boolean; readonly patience: Patience },
): Promise<void> =>
  alone(parts, kind, patience, async (run) => {
    const name = copyName(parts, kind);
    if (kind === "rebuild") await checkNothingKept(parts, run);
    const [live, copy] = [namesOf(parts), namesOf(parts, name)];
    const [found] = await run<ComparedRow>(compareTables, [copy, live]);
    const places = await run(readPlaces, [[name]]);
    if (found?.alike && places.length > 0 && !restart) return;
    await dropCopy(parts, kind, run);
    await createSchema(run, name);
    if (kind === "rebuild") await createSchema(run, oldSchema(parts));
    await runYielded(run, createTables, [live, copy]);
    await runYielded(run, finishTables, [live, copy]);
    const { applier, database } = parts;
    const topics = applier.plan.topics.map(({ plan }) => topicIdentity(database.schema, plan));
    const tables = applier.plan.topics.map(({ plan }) =>
      qualify(database.schema, plan.eventsTable),
    );
    await run(registerConsumer, [name, topics, 1, tables, 0, null]);
  });

/** Creating one that is there takes a privilege, even if it says "if not exists". */
const createSchema = async (run: RunStatement, schema: string): Promise<void> => {
  const name = quoteName(schema);
  const found = unprepared("schema", `select to_regnamespace(${quoteText(name)}) as found`);
  const [row] = await run<{ found: string | null }>(found);
  if (row?.found == null) await run(unprepared("schema", `create schema ${name}`));
};

/** The tables that the last rebuild has replaced, as far as they are kept. */
export const keptTables = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<readonly string[]> => {
  const parameters = [namesOf(parts, oldSchema(parts)), namesOf(parts)];
  const [found] = await run<ComparedRow>(compareTables, parameters);
  return found?.present ?? [];
};

export const checkNothingKept = async <DB>(
  parts: ProjectionParts<DB>,
  run: RunStatement,
): Promise<void> => {
  const tables = await keptTables(parts, run);
  if (tables.length > 0) throw new ProjectionOldKeptError({ projection: parts.name, tables });
};

/** Forgets the checkpoint of a copy. */
export const forgetCopy = async <DB>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  run: RunStatement,
): Promise<void> => {
  await run(forgetCheckpoints, [copyName(parts, kind)]);
  await run(forgetConsumer, [copyName(parts, kind)]);
};

/** Whoever fills a copy locks its checkpoint first, and its tables afterwards; so does this. */
const dropCopy = async <DB>(
  parts: ProjectionParts<DB>,
  kind: CopyKind,
  run: RunStatement,
): Promise<void> => {
  const name = copyName(parts, kind);
  await run(lockCheckpoints, [[name]]);
  await dropTables(run, namesOf(parts, name));
  await forgetCopy(parts, kind, run);
};

const dropTables = async (run: RunStatement, names: readonly string[]): Promise<void> => {
  await run(unprepared("drop", `drop table if exists ${names.join(", ")}`));
};

/** Ends what was begun, with what it has filled so far. */
export const discardCopy = <DB>(parts: ProjectionParts<DB>, kind: CopyKind): Promise<void> =>
  untilAlone(parts, kind, (run) => dropCopy(parts, kind, run));

/** Drops the tables that the last rebuild has replaced. */
export const dropOld = <DB>(parts: ProjectionParts<DB>): Promise<void> =>
  untilAlone(parts, "dropOld", (run) => dropTables(run, namesOf(parts, oldSchema(parts))));

const untilAlone = async <DB>(
  parts: ProjectionParts<DB>,
  call: string,
  work: (run: RunStatement) => Promise<void>,
): Promise<void> => {
  const patience = new Patience(parts.lockTimeoutMs);
  const attempt = () => alone(parts, call, patience, work);
  await repeated(parts, undefined, attempt, () => patience.grow());
};

/**
 * Makes or drops tables while nobody else does for the same projection. Tables that they refer to are locked
 * for it against those who write them, so that a wait for one is bounded: others wait behind it.
 */
const alone = <DB>(
  parts: ProjectionParts<DB>,
  call: string,
  patience: Patience,
  work: (run: RunStatement) => Promise<void>,
): Promise<void> =>
  transaction(parts.db, async (tx) => {
    const run = runOn(parts, call, tx);
    await boundWaits(run, patience.ms);
    await run(lockProjection, [parts.name]);
    await work(run);
  });
