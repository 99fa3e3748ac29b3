import { type Kysely, sql } from "kysely";
import type { Tables } from "./entities.ts";
import type { Follower, Handled } from "./follower.ts";

/** What became of a topic's events on the way to one follower. */
export interface Verdict {
  readonly events: number;
  readonly delivered: number;
  /** Committed, never delivered. */
  readonly lost: number;
  readonly doubled: number;
  /** Delivered, never committed. */
  readonly invented: number;
  /** Delivered against the sequence of their entity. */
  readonly reordered: number;
  /** Delivered against the order of positions. */
  readonly misplaced: number;
}

export const FLAWLESS = { lost: 0, doubled: 0, invented: 0, reordered: 0, misplaced: 0 } as const;

/** Compares what handlers wrote through their `tx` with the topic, by the database. */
export const judge = async (
  db: Kysely<Tables>,
  { name, topic }: Pick<Follower, "name" | "topic">,
): Promise<Verdict> => {
  const { rows } = await sql<Record<keyof Verdict, number>>`
with written as materialized (
  select id as entity, sequence, position from ${sql.table(`${topic}_events`)}
),
delivered as materialized (
  select entity, sequence, position,
    lag(sequence) over (partition by entity order by n) as sequence_before,
    lag(position) over (order by n) as position_before
  from deliveries where consumer = ${name}
)
select
  (select count(*)::int from written) as events,
  (select count(*)::int from delivered) as delivered,
  (select count(*)::int from (select * from written except select entity, sequence, position from delivered) as missing) as lost,
  (select (count(*) - count(distinct (entity, sequence)))::int from delivered) as doubled,
  (select count(*)::int from (select entity, sequence, position from delivered except select * from written) as surplus) as invented,
  (select count(*)::int from delivered where sequence <= sequence_before) as reordered,
  (select count(*)::int from delivered where position <= position_before) as misplaced`.execute(db);
  return rows[0] as Verdict;
};

/** How many committed events a follower, stopped somewhere, will never be given: it is beyond them. */
export const passedOver = async (
  db: Kysely<Tables>,
  { name, topic }: Pick<Follower, "name" | "topic">,
): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
select count(*)::int as n from ${sql.table(`${topic}_events`)} as e
where e.position < (select max(position) from deliveries where consumer = ${name})
  and e.position not in (select position from deliveries where consumer = ${name})`.execute(db);
  return rows[0]?.n ?? 0;
};

/** Where the lowest of the consumer's checkpoints and the topic's last event are; it is beyond when all is handled. */
export const checkpointAndLast = async (
  db: Kysely<Tables>,
  { name, topic }: Pick<Follower, "name" | "topic">,
): Promise<{ readonly checkpoint: number; readonly last: number }> => {
  const { rows } = await sql<{ checkpoint: string; last: string }>`
select (select min(position) from annals.checkpoints where consumer = ${name}) as checkpoint,
  (select max(position) from ${sql.table(`${topic}_events`)}) as last`.execute(db);
  return { checkpoint: Number(rows[0]?.checkpoint), last: Number(rows[0]?.last) };
};

/**
 * Judges what the process itself was given. A batch whose transaction failed is given again, so what
 * must hold is: it goes back only to where a batch began, and skips nothing on the way.
 */
export const judgeHandled = (
  handled: readonly Handled[],
  written: readonly Handled[],
): { readonly skipped: number; readonly unknown: number } => {
  const indexes = new Map(written.map((event, index) => [keyOf(event), index]));
  let unknown = 0;
  let skipped = 0;
  let reached = -1;
  for (const event of handled) {
    const index = indexes.get(keyOf(event));
    if (index === undefined) unknown += 1;
    else if (index > reached + 1) skipped += index - reached - 1;
    reached = Math.max(reached, index ?? -1);
  }
  return { skipped: skipped + written.length - 1 - reached, unknown };
};

const keyOf = ({ entity, sequence, position }: Handled): string =>
  `${entity}/${sequence}@${position}`;

/** A topic's events in the order in which they must arrive. */
export const writtenEvents = async (
  db: Kysely<Tables>,
  topic: Follower["topic"],
): Promise<Handled[]> => {
  const { rows } = await sql<{ id: string; sequence: number; position: string }>`
select id, sequence, position from ${sql.table(`${topic}_events`)} as e order by e.position`.execute(
    db,
  );
  return rows.map(({ id, sequence, position }) => ({
    entity: id,
    sequence,
    position: Number(position),
  }));
};
