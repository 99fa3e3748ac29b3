import type { Kysely } from "kysely";

export const DEFAULT_SCHEMA = "public";

/**
 * The schema that `withSchema` put on the instance, or `public`. Kysely shows it only in what it
 * compiles. Our statements name it always, so that no search path changes what they mean.
 */
export const schemaOf = <DB>(db: Kysely<DB>): string => {
  // A whole query: the plugin behind withSchema leaves a table alone in a fragment of raw SQL.
  const { sql } = (db as unknown as Kysely<AnyTable>).selectFrom("annals").compile();
  const qualified = / from "((?:[^"]|"")+)"\."annals"/.exec(sql);
  return qualified?.[1]?.replaceAll('""', '"') ?? DEFAULT_SCHEMA;
};

interface AnyTable {
  readonly annals: Record<never, never>;
}
