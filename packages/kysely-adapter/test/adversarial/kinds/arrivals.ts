import { type Kysely, sql } from "kysely";
import type { KindTables } from "./ground.ts";

export type TopicName = "account" | "order" | "notice";

/** What became of the events of some topics on the way to one consumer. */
export interface ArrivalVerdict {
  readonly events: number;
  /** Committed, and not handled though the consumer says that it is through. */
  readonly lost: number;
  /** How many were handled more than once. */
  readonly doubled: number;
  /** Handled, never committed. */
  readonly invented: number;
  /** Came for the first time after a later one of their entity or key. */
  readonly inverted: number;
  /** Came for the first time after one of a higher position, of whatever key. */
  readonly misplaced: number;
}

/** Compares what handlers wrote down with what is stored beyond a position, by the database. */
export const judgeArrivals = async (
  db: Kysely<KindTables>,
  consumer: string,
  topics: readonly TopicName[],
  after: number,
): Promise<ArrivalVerdict> => {
  const { rows } = await sql<ArrivalVerdict>`
with stored as (
  select 'account' as topic, id::text as key, '' as writer, sequence as number, position from account_events
  union all select 'order', id::text, '', sequence, position from order_events
  union all select 'notice', key, event ->> 'writer', (event ->> 'n')::int, position from notice_events
), written as materialized (
  select * from stored where topic = any (${topics}) and position > ${after}
), came as materialized (
  select topic, key, position, min(n) as n, count(*) as times
  from arrivals where consumer = ${consumer} and position > ${after} group by topic, key, position
), ordered as (
  select position, lag(position) over (order by n) as position_before,
    lag(position) over (partition by topic, key order by n) as of_key_before,
    number, lag(number) over (partition by topic, key, writer order by n) as number_before
  from came join written using (topic, key, position)
)
select (select count(*)::int from written) as events,
  (select count(*)::int from written w
    where not exists (select from came c where c.position = w.position)) as lost,
  (select count(*)::int from came where times > 1) as doubled,
  (select count(*)::int from came c
    where not exists (select from written w where (w.topic, w.key, w.position) = (c.topic, c.key, c.position))) as invented,
  (select count(*)::int from ordered where position < of_key_before or number <= number_before) as inverted,
  (select count(*)::int from ordered where position < position_before) as misplaced`.execute(db);
  return rows[0] as ArrivalVerdict;
};

/** The last position that was drawn. */
export const lastDrawn = async (db: Kysely<KindTables>): Promise<number> => {
  const { rows } = await sql<{ last: string }>`
select last_value as last from annals.position`.execute(db);
  return Number(rows[0]?.last);
};
