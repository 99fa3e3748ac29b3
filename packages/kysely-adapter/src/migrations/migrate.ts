import { MigrationFailedError, MigrationMismatchError } from "@annals/core";
import { type Kysely, sql } from "kysely";
import { databaseError } from "../connection/database-error.ts";
import { frameworkMigrationStatements } from "../tables/framework-migrations.generated.ts";
import { frameworkMigrations } from "../tables/migrations.ts";
import { type MigrationFile, readMigrationFiles } from "./migration-files.ts";

export interface MigrateOptions {
  /** The folder with the application's numbered SQL files. Default is none: the framework's alone. */
  readonly folder?: string;
  /** Tells applications that share a database apart. Default is `app`. */
  readonly application?: string;
  /** Whether to say what would be applied, and apply nothing. Default is `false`. */
  readonly dryRun?: boolean;
  /** Whether a new file may come before applied ones. Default is `false`. */
  readonly outOfOrder?: boolean;
  /** Told before each migration is applied. */
  readonly onMigration?: (name: string) => void;
}

/** A migration that was applied, or would be. */
export interface Migrated {
  readonly name: string;
  readonly sql: string;
}

/**
 * Applies the framework's migrations and then the application's, each in a transaction of its own that
 * also records it. Any number of processes may do this at once: each migration is applied by one of them,
 * and the others wait for it.
 *
 * @returns what this call applied, or would.
 * @throws MigrationMismatchError for an applied file that was edited or is gone, or a new one before it;
 * MigrationFailedError with the database's error as its cause.
 */
export const migrate = async <DB>(
  db: Kysely<DB>,
  options: MigrateOptions = {},
): Promise<readonly Migrated[]> => {
  const { folder, application = "app", dryRun = false } = options;
  const files = folder === undefined ? [] : await readMigrationFiles(folder);
  const plain = db.withoutPlugins();
  const applied: Migrated[] = [];
  for (const [name, statements] of Object.entries(frameworkMigrationStatements)) {
    if ((await frameworkApplied(plain)).has(name)) continue;
    applied.push({ name: `annals_${name}`, sql: `${statements.join(";\n\n")};\n` });
    if (dryRun) continue;
    options.onMigration?.(`annals_${name}`);
    await failing(`annals_${name}`, () =>
      plain.transaction().execute(async (tx) => frameworkMigrations[`annals_${name}`]?.up(tx)),
    );
  }
  checkFiles(files, await applicationApplied(plain, application), options);
  for (const file of files) {
    if ((await applicationApplied(plain, application)).has(file.name)) continue;
    if (!dryRun) {
      options.onMigration?.(file.name);
      const wasApplied = await failing(file.name, () => apply(plain, application, file));
      if (!wasApplied) continue;
    }
    applied.push({ name: file.name, sql: file.sql });
  }
  return applied;
};

type Plain<DB> = Kysely<DB>;

const exists = async <DB>(db: Plain<DB>, table: string): Promise<boolean> => {
  const { rows } = await reading(() =>
    sql<{ there: boolean }>`select to_regclass(${table}) is not null as there`.execute(db),
  );
  return rows[0]?.there === true;
};

const frameworkApplied = async <DB>(db: Plain<DB>): Promise<ReadonlySet<string>> => {
  if (!(await exists(db, "annals.migrations"))) return new Set();
  const { rows } = await reading(() =>
    sql<{ name: string }>`select name from annals.migrations`.execute(db),
  );
  return new Set(rows.map(({ name }) => name));
};

const applicationApplied = async <DB>(
  db: Plain<DB>,
  application: string,
): Promise<ReadonlyMap<string, string>> => {
  if (!(await exists(db, "annals.application_migrations"))) return new Map();
  const { rows } = await reading(() =>
    sql<{ name: string; checksum: string }>`select name, checksum
      from annals.application_migrations where application = ${application}`.execute(db),
  );
  return new Map(rows.map(({ name, checksum }) => [name, checksum]));
};

const checkFiles = (
  files: readonly MigrationFile[],
  applied: ReadonlyMap<string, string>,
  { folder, outOfOrder = false }: MigrateOptions,
): void => {
  if (folder === undefined) return;
  const names = new Set(files.map(({ name }) => name));
  const missing = [...applied.keys()].sort().find((name) => !names.has(name));
  if (missing !== undefined)
    throw new MigrationMismatchError({ migration: missing, kind: "missing" });
  const changed = files.find(({ name, checksum }) => (applied.get(name) ?? checksum) !== checksum);
  if (changed !== undefined) {
    throw new MigrationMismatchError({ migration: changed.name, kind: "changed" });
  }
  const lastApplied = files.findLastIndex(({ name }) => applied.has(name));
  const early = files.slice(0, lastApplied + 1).find(({ name }) => !applied.has(name));
  if (early !== undefined && !outOfOrder) {
    throw new MigrationMismatchError({ migration: early.name, kind: "out-of-order" });
  }
};

/** Applies one file unless another process was faster; says whether it was applied here. */
const apply = <DB>(db: Plain<DB>, application: string, file: MigrationFile): Promise<boolean> => {
  const once = async (connection: Plain<DB>): Promise<boolean> => {
    if ((await applicationApplied(connection, application)).has(file.name)) return false;
    await sql.raw(file.sql).execute(connection);
    await sql`insert into annals.application_migrations (application, name, checksum)
      values (${application}, ${file.name}, ${file.checksum})`.execute(connection);
    return true;
  };
  return db
    .connection()
    .execute((connection) =>
      locked(connection, () =>
        file.inTransaction ? connection.transaction().execute(once) : once(connection),
      ),
    );
};

/** The lock that the framework's own migrations take too. */
const LOCK = sql`hashtextextended('annals.migrations', 0)`;

const LOCK_POLL_MS = 100;

/**
 * Holds the lock outside of any transaction. It is polled for: a process that waited in a statement, or
 * idled in a transaction, would hold a snapshot, which CREATE INDEX CONCURRENTLY waits for in turn.
 */
const locked = async <DB, Result>(
  connection: Plain<DB>,
  work: () => Promise<Result>,
): Promise<Result> => {
  const tryLock = sql<{ got: boolean }>`select pg_try_advisory_lock(${LOCK}) as got`;
  while (!(await tryLock.execute(connection)).rows[0]?.got) {
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  try {
    return await work();
  } finally {
    await sql`select pg_advisory_unlock(${LOCK})`.execute(connection);
  }
};

const reading = <Result>(work: () => Promise<Result>): Promise<Result> =>
  work().catch((cause: unknown) => {
    throw databaseError("reading the applied migrations", cause);
  });

const failing = <Result>(migration: string, work: () => Promise<Result>): Promise<Result> =>
  work().catch((cause: unknown) => {
    throw new MigrationFailedError({ migration }, { cause });
  });
