import type { Database } from "./databases.ts";

/** A running PostgreSQL, wherever it came from. */
export interface PostgresServer {
  /** The maintenance database, as a user that may create databases. */
  readonly connectionString: string;
  /** Which PostgreSQL this is, in one line that can be printed: it never holds a password. */
  readonly description: string;
  readonly kind: "url" | "docker" | "embedded";
  /** Every database that `createDatabase` makes begins with this name, and no other does. */
  readonly prefix: string;
  /** A database of its own, empty or cloned from the one named. */
  createDatabase(template?: string): Promise<Database>;
  /** Drops the databases created through it; a server that was started is stopped and removed. */
  stop(): Promise<void>;
}
