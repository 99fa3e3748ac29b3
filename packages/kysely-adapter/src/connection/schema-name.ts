import { type Kysely, sql } from "kysely";

const DEFAULT_SCHEMA = "public";

/**
 * The schema that `withSchema` put on the instance, or `public`. Kysely shows it only in what it
 * compiles. Our statements name it always, so that no search path changes what they mean.
 */
export const schemaOf = <DB>(db: Kysely<DB>): string => {
  const { sql: text } = sql`${sql.table("annals")}`.compile(db);
  const qualified = /^"((?:[^"]|"")+)"\."/.exec(text);
  return qualified?.[1]?.replaceAll('""', '"') ?? DEFAULT_SCHEMA;
};
