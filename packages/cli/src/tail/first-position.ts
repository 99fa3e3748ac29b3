import type { FollowedTopic } from "@annals/core/adapter";
import { qualify } from "@annals/kysely-adapter/schema";
import { type RawBuilder, sql } from "kysely";
import type { AnyDatabase } from "../config/open-database.ts";

/** What is read of the topics. */
export interface Selection {
  readonly topics: readonly FollowedTopic[];
  readonly ids: readonly string[] | undefined;
}

/** The events of one topic that are wanted and settled. */
const wanted = (
  { plan, passedOver }: FollowedTopic,
  { ids }: Selection,
  schema: string,
  settled: number,
): RawBuilder<unknown> => {
  const key = plan.kind === "entity" ? sql`id::text` : sql`key`;
  const ofIds = ids === undefined ? sql`` : sql` and ${key} = any (${ids}::text[])`;
  return sql`from ${sql.raw(qualify(schema, plan.eventsTable))}
    where position <= ${settled}::bigint and event_type <> all (${passedOver}::text[])${ofIds}`;
};

/** The position before the newest `count` events that are wanted. */
export const beforeNewest = async (
  db: AnyDatabase,
  schema: string,
  selection: Selection,
  settled: number,
  count: number,
): Promise<number> => {
  if (count === 0) return settled;
  const newest = selection.topics.map(
    (topic) => sql`(select position ${wanted(topic, selection, schema, settled)}
    order by position desc limit ${count}::int)`,
  );
  const { rows } = await sql<{ position: string | null; count: number }>`
    select min(position)::text as position, count(*)::int as count from (
      select position from (${sql.join(newest, sql` union all `)}) each_topic
      order by position desc limit ${count}::int
    ) newest`.execute(db.withoutPlugins());
  return rows[0]?.position == null ? settled : Number(rows[0].position) - 1;
};

/**
 * The position before the first event that was recorded at a time or later. What is not settled yet comes
 * after it in any case, so that nothing is passed over that is about to commit.
 */
export const beforeTime = async (
  db: AnyDatabase,
  schema: string,
  selection: Selection,
  settled: number,
  since: Date,
): Promise<number> => {
  const first = selection.topics.map(
    (topic) => sql`(select min(position) as position ${wanted(topic, selection, schema, settled)}
    and recorded_at >= ${since.toISOString()}::timestamptz)`,
  );
  const { rows } = await sql<{ position: string | null }>`
    select min(position)::text as position
    from (${sql.join(first, sql` union all `)}) each_topic`.execute(db.withoutPlugins());
  return rows[0]?.position == null ? settled : Number(rows[0].position) - 1;
};
