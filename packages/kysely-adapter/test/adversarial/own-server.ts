import { type PostgresServer, startPostgres } from "@annals/testing/postgres";
import { testPostgres } from "@annals/testing/vitest";
import pg from "pg";
import { startGround } from "./ground.ts";

/** Why a test cannot run that crashes its server, or needs it for itself; `undefined` when it can. */
export const noOwnServer = (): string | undefined =>
  testPostgres().kind === "url"
    ? "(skipped: it needs a server of its own, and DATABASE_URL gives somebody's)"
    : undefined;

/** The server under test: the installed one that the whole run was asked to use, or the bundled. */
export const chosenBinaries = (): string | undefined => process.env.POSTGRES_BINARIES || undefined;

/**
 * A server for what crashes nothing: somebody's, if that is what there is. One of its own runs what a test
 * runs, and nothing else: each analysis of a table would hold up readers that go by transaction ids.
 */
export const startAnyServer = (): Promise<PostgresServer> =>
  noOwnServer() === undefined
    ? startGround({ binaries: chosenBinaries(), settings: { autovacuum: "off" } })
    : startPostgres();

/** Whether the server takes prepared transactions, which it does not by default. */
export const takesPrepared = async ({ connectionString }: PostgresServer): Promise<boolean> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query("show max_prepared_transactions");
    return Number(rows[0]?.max_prepared_transactions) > 0;
  } finally {
    await client.end();
  }
};
