import { Kysely, PostgresDialect } from "kysely";
import { annalsPool, type PgPoolClient } from "../../src/index.ts";

/** What goes wrong, and whether it does when a connection is asked for or when it is used. */
export interface Fault {
  readonly at: "connect" | "query";
  readonly error: unknown;
  /** The statements that fail. Default is all of them. */
  readonly sql?: RegExp;
}

/** A database without a server: its statements answer with these rows, or fail as it is told to. */
export const faultyDatabase = (rows: readonly object[]) => {
  let fault: Fault | undefined;
  const client: PgPoolClient = {
    query: async (query) => {
      const text = typeof query === "string" ? query : (query as { text: string }).text;
      if (fault?.at === "query" && (fault.sql?.test(text) ?? true)) throw fault.error;
      return {
        command: commandOf(text),
        rowCount: rows.length,
        rows: rows.map((row) => ({ ...row })),
      };
    },
    release: () => {},
  };
  const pool = {
    connect: async () => {
      if (fault?.at === "connect") throw fault.error;
      return client;
    },
    end: async () => {},
  };
  return {
    db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) }),
    fail: (next: Fault | undefined) => {
      fault = next;
    },
  };
};

const commandOf = (text: string): string =>
  /^(begin|start|commit|rollback|savepoint|release)\b/i.exec(text)?.[1]?.toUpperCase() ?? "SELECT";
