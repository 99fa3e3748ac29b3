import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import {
  type Connection,
  type Driver,
  type StreamAtVersion,
  type Streams,
  VersionConflict,
  type Writer,
} from "../driver.ts";
import { survivingPool } from "./broken-connections.ts";

// What nearly everybody wrote first: a serial position, and a scan of what is beyond the last one.

const TABLES = `
create table events (
  position bigint generated always as identity primary key,
  stream uuid not null, version int not null, id bigint not null,
  recorded_at timestamptz not null default clock_timestamp(), unique (stream, version)
);
create table checkpoint (position bigint not null);
insert into checkpoint values (0)`;

const APPEND = `insert into events (stream, version, id)
select $1, $2 + nr, id from unnest($3::bigint[]) with ordinality as given (id, nr)`;

interface Queries {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly Row[] }>;
}

type Row = Readonly<Record<string, unknown>>;

const streamsOn = (queries: Queries): Streams => ({
  read: async (stream): Promise<StreamAtVersion> => {
    const { rows } = await queries.query(
      "select id::text from events where stream = $1 order by version",
      [stream],
    );
    return {
      ids: rows.map(({ id }) => Number(id)),
      append: async (ids) => {
        await queries.query(APPEND, [stream, rows.length, ids]).catch((error: unknown) => {
          const isTaken = error instanceof pg.DatabaseError && error.code === "23505";
          throw isTaken ? new VersionConflict("", { cause: error }) : error;
        });
      },
    };
  },
});

const openWriter = ({ connectionString, connections }: Connection): Writer => {
  const pool = survivingPool(connectionString, connections);
  return {
    ...streamsOn(pool),
    transaction: (work) =>
      inTransaction(pool, (client) =>
        work({
          ...streamsOn(client),
          writeElsewhere: async () => {
            await client.query("insert into prove.elsewhere values ('early')");
          },
        }),
      ),
    close: () => pool.end(),
  };
};

const inTransaction = async (
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> => {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    await work(client);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
};

export interface NaiveVariant {
  readonly name: string;
  readonly options: string;
  /** How long an event is left alone after it was recorded, in milliseconds. */
  readonly trailMs: number;
}

export const naiveDriver = ({ name, options, trailMs }: NaiveVariant): Driver => ({
  name,
  version: "",
  options,
  install: async (connectionString) => {
    const pool = survivingPool(connectionString, 1);
    await pool.query(TABLES);
    await pool.end();
  },
  openWriter,
  follow: async ({ connectionString }, deliver, signal) => {
    const pool = survivingPool(connectionString, 1);
    try {
      while (!signal.aborted) {
        let count = 0;
        await inTransaction(pool, async (client) => {
          // Locked, so that a process that is believed dead cannot go on beside its successor.
          const { rows } = await client.query<Row>(
            `with last as (select position from checkpoint for update)
select e.position::text, e.stream, e.id::text from last, events e
where e.position > last.position
  and e.recorded_at < clock_timestamp() - ${trailMs} * interval '1 ms'
order by e.position limit 100`,
          );
          count = rows.length;
          if (count === 0) return;
          const events = rows.map(({ stream, id }) => ({ stream: String(stream), id: Number(id) }));
          await deliver(events, (text, values) => client.query(text, values));
          await client.query("update checkpoint set position = $1", [rows.at(-1)?.position]);
        });
        if (count === 0) await sleep(5);
      }
    } finally {
      await pool.end();
    }
  },
});
