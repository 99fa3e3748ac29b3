import { type Kysely, sql, type Transaction } from "kysely";
import { type Run, runsOf, type SoakEvent } from "./run-of.ts";

/** What one reader handled, held against what is stored. */
export interface Verdict {
  readonly handled: number;
  readonly leftOut: number;
  readonly doubled: number;
  /** How often an event did not follow the one before of its entity. */
  readonly outOfOrder: number;
  /** Entities of which something else was handled than is stored. */
  readonly unlike: number;
}

/** A row for each reader and entity, however many events there are. */
export const createLedger = async (db: Kysely<unknown>): Promise<void> => {
  await sql`create schema soak`.execute(db);
  // With room in its pages, since its rows change all the time.
  await sql`create table soak.seen (
    reader text not null,
    id uuid not null,
    first bigint not null,
    last bigint not null,
    events bigint not null,
    breaks bigint not null,
    checksum numeric not null,
    primary key (reader, id)
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.5)`.execute(db);
};

/** Notes what a reader handled in the transaction that moves its checkpoint: what is rolled back was not handled. */
export const note = async (
  tx: Transaction<unknown>,
  reader: string,
  events: readonly SoakEvent[],
): Promise<void> => {
  const runs: readonly Run[] = runsOf(events);
  await sql`insert into soak.seen as seen (reader, id, first, last, events, breaks, checksum)
    select ${reader}, id, first, last, events, breaks + (first <> 1)::int, checksum
    from json_to_recordset(${JSON.stringify(runs)}::json)
      as run (id uuid, first bigint, last bigint, events bigint, breaks bigint, checksum numeric)
    on conflict (reader, id) do update set
      last = excluded.last,
      events = seen.events + excluded.events,
      breaks = seen.breaks + excluded.breaks
        - (excluded.first <> 1)::int + (excluded.first <> seen.last + 1)::int,
      checksum = seen.checksum + excluded.checksum`.execute(tx);
};

/** How many events each reader has handled so far. */
export const handledBy = async (db: Kysely<unknown>): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await sql<{ reader: string; events: string }>`
    select reader, sum(events)::text as events from soak.seen group by reader`.execute(db);
  return new Map(rows.map(({ reader, events }) => [reader, Number(events)]));
};

export const countStored = async (
  db: Kysely<unknown>,
): Promise<{ readonly stored: number; readonly entities: number }> => {
  const { rows } = await sql<{ stored: string; entities: string }>`select
    (select count(*) from guarded.user_events)::text as stored,
    (select count(*) from guarded.users)::text as entities`.execute(db);
  return { stored: Number(rows[0]?.stored), entities: Number(rows[0]?.entities) };
};

export const verdictOn = async (db: Kysely<unknown>, reader: string): Promise<Verdict> => {
  const { rows } = await sql<Record<keyof Verdict, string | null>>`
    with stored as (
      select id, count(*) as events, sum((event ->> 'name')::numeric) as checksum
      from guarded.user_events group by id
    ), seen as (
      select id, last, events, breaks, checksum from soak.seen where reader = ${reader}
    )
    select
      sum(seen.events)::text as handled,
      sum(greatest(coalesce(stored.events, 0) - coalesce(seen.events, 0), 0))::text as "leftOut",
      sum(greatest(coalesce(seen.events, 0) - coalesce(stored.events, 0), 0))::text as doubled,
      sum(seen.breaks)::text as "outOfOrder",
      count(*) filter (where stored.checksum is distinct from seen.checksum
        or stored.events is distinct from seen.last)::text as unlike
    from stored full join seen using (id)`.execute(db);
  const [row] = rows;
  return {
    handled: Number(row?.handled),
    leftOut: Number(row?.leftOut),
    doubled: Number(row?.doubled),
    outOfOrder: Number(row?.outOfOrder),
    unlike: Number(row?.unlike),
  };
};
