import type { TopicPlan } from "@annals/core/adapter";
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

/** Two schemas may have a topic of one name each; a checkpoint in one says nothing of the other. */
export const topicIdentity = (schema: string, { name }: Pick<TopicPlan, "name">): string =>
  schema === DEFAULT_SCHEMA ? name : `${schema}.${name}`;

interface AnyTable {
  readonly annals: Record<never, never>;
}
