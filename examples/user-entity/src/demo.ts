import { relative } from "node:path";
import type { Consumer } from "@annals/core";
import { createRepository } from "@annals/kysely-adapter";
import { type PostgresServer, startPostgres } from "@annals/testing/postgres";
import type { Kysely } from "kysely";
import { check, signupDays } from "./check.ts";
import { connect, type Database } from "./database.ts";
import { type Input, openInput } from "./input.ts";
import { showHistory, showLookups, showPage } from "./lookups.ts";
import { migrate, schemaExists } from "./migrate.ts";
import { type Options, UsageError } from "./options.ts";
import { formatCount, formatNumber, type Report } from "./report.ts";
import { runCommands, showTally } from "./run-commands.ts";
import { createFreshSchema } from "./schema.ts";
import { signupsPerDay, whileFollowing } from "./signups.ts";
import { User } from "./user.ts";

/** Runs the demo. Says whether its own check passed. */
export const runDemo = async (
  options: Options,
  report: Report,
  signal: AbortSignal,
): Promise<boolean> => {
  if (options.checkOnly) return withDatabase(options, report, signal, checkOnly);
  const input = await openInput(options.file);
  try {
    return await withDatabase(options, report, signal, (parts) => runAll(parts, input));
  } finally {
    await input.close();
  }
};

interface Parts {
  readonly options: Options;
  readonly server: PostgresServer;
  readonly db: Kysely<Database>;
  readonly schema: string;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Starts and connects, and takes everything down again in the opposite order. */
const withDatabase = async (
  options: Options,
  report: Report,
  signal: AbortSignal,
  work: (parts: Parts) => Promise<boolean>,
): Promise<boolean> => {
  report.section("PostgreSQL");
  const server = await startPostgres({ log: (line) => report.note(line) });
  try {
    report.line(server.description);
    signal.throwIfAborted();
    const { connectionString } = server;
    const schema = options.schema ?? (await createFreshSchema(connectionString));
    const db = connect(connectionString, schema);
    try {
      return await work({ options, server, db, schema, report, signal });
    } finally {
      await db.destroy();
    }
  } finally {
    await server.stop();
  }
};

const runAll = async (parts: Parts, input: Input): Promise<boolean> => {
  const { options, server, db, schema, report, signal } = parts;
  const frameworkExisted = await migrate(db, schema);
  report.line(`schema "${schema}" holds users, user_events and signups_per_day`);
  report.line(`schema "annals", the framework's, ${frameworkExisted ? "was there" : "is created"}`);

  const users = createRepository(User, { db });
  const consumer = signupsPerDay(db, schema);
  report.section(`Commands from ${relative("", options.file)}`);
  const tally = await whileFollowing(consumer, signal, (either) =>
    runCommands({ users, input, report, verbose: options.verbose, signal: either }),
  );
  showTally(report, tally);
  signal.throwIfAborted();

  await showLookups(db, users, report);
  await showPage(users, report);
  await showHistory(db, users, report);

  await showSignups(parts, consumer);
  const passed = await showCheck(parts);
  if (server.kind === "url") {
    report.note(`To check again: pnpm demo --check --schema ${schema}`);
  }
  return passed;
};

const showSignups = async ({ db, report, signal }: Parts, consumer: Consumer): Promise<void> => {
  report.section("Signups per day, written by the consumer that followed");
  const meanwhile = await signupDays(db);
  await consumer.catchUp({ signal });
  signal.throwIfAborted();
  const days = await signupDays(db);
  if (days.length === 0) {
    report.note("nobody has signed up");
    return;
  }
  report.table(
    days.map(({ day, signups }) => [day, formatNumber(signups)]),
    ["left", "right"],
  );
  const counted = meanwhile.reduce((sum, { signups }) => sum + signups, 0);
  report.note(`${formatNumber(counted)} of them were counted while the commands still ran`);
};

const checkOnly = async (parts: Parts): Promise<boolean> => {
  const { db, schema, signal } = parts;
  if (!(await schemaExists(db, schema))) {
    throw new UsageError(`This database has no schema "${schema}"`);
  }
  // An earlier run may have been stopped before its consumer was done.
  await signupsPerDay(db, schema).catchUp({ signal });
  signal.throwIfAborted();
  return showCheck(parts);
};

const showCheck = async ({ db, report, signal }: Parts): Promise<boolean> => {
  report.section("Check");
  const users = createRepository(User, { db });
  const result = await check(db, users, signal);
  if (result.differenceCount > 0) {
    for (const difference of result.differences) report.line(difference);
    const hidden = result.differenceCount - result.differences.length;
    if (hidden > 0) report.note(`… ${formatCount(hidden, "further difference")}`);
    report.line(`failed: ${formatCount(result.differenceCount, "difference")}`);
    return false;
  }
  report.table([
    ["ok", "every index row equals the fold of its events", formatCount(result.users, "user")],
    ["ok", "stored events add up to the versions", formatCount(result.events, "event")],
    ["ok", "every signup was counted exactly once", formatCount(result.signups, "signup")],
  ]);
  return true;
};
