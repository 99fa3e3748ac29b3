import type { Skips } from "@annals/testing/contract";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, type PostgresPool } from "kysely";
import pg from "pg";
import { migrateFramework } from "./contract-store.ts";

// The contract runs over many pools, in files of their own, so that several run at a time.

export const kysely = (pool: PostgresPool): Kysely<unknown> =>
  new Kysely({ dialect: new PostgresDialect({ pool }) });

const migrate = async (connectionString: string): Promise<void> => {
  const db = kysely(new pg.Pool({ connectionString }));
  await migrateFramework(db);
  await db.destroy();
};

export const newPool = async (): Promise<pg.Pool> => {
  const { connectionString } = await testDatabase({ name: "framework", migrate });
  return new pg.Pool({ connectionString, max: 8 });
};

export const notWatched: Skips = {
  reason: "without annalsPool, nobody sees how the user's own transaction ends",
  cases: ["a commit makes events count as stored", "a rollback gives events back"],
};

/** The warnings about unprepared statements that are given from now on. */
export const unpreparedWarnings = (): { readonly given: Error[]; stop(): void } => {
  const given: Error[] = [];
  const collect = (warning: Error): void => {
    if ("code" in warning && warning.code === "ANNALS_UNPREPARED") given.push(warning);
  };
  process.on("warning", collect);
  return { given, stop: () => void process.off("warning", collect) };
};
