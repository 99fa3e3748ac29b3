import type { DatabaseOf, Repository } from "@annals/core";
import { annalsPool } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import type { User } from "./user.ts";

/** The tables of the demo: the entity's two, and the one that its consumer fills. */
export type Database = DatabaseOf<[typeof User]> & {
  readonly signups_per_day: { readonly day: string; readonly signups: number };
};

export type Users = Repository<typeof User, Transaction<Database>>;

/** Connects; tables are looked for in the given schema. */
export const connect = (connectionString: string, schema: string): Kysely<Database> => {
  const pool = annalsPool(new pg.Pool({ connectionString }));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema);
};
