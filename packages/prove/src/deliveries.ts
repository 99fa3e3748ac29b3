import pg from "pg";
import type { Deliver, Delivered } from "./driver.ts";

/** Where consumers write down what they were given, in the transaction that moves their checkpoint. */
export const createDeliveries = async (connectionString: string): Promise<void> => {
  await once(connectionString, (client) =>
    client.query(`create schema prove
create table prove.deliveries (
  n bigint generated always as identity primary key,
  stream uuid not null, id bigint not null, at timestamptz not null default clock_timestamp()
)
create index on prove.deliveries (id)
create table prove.elsewhere (note text)`),
  );
};

export const writeDown: Deliver = async (events, run) => {
  await run(
    `insert into prove.deliveries (stream, id)
select stream, id from unnest($1::uuid[], $2::bigint[]) with ordinality as given (stream, id, nr) order by nr`,
    [events.map(({ stream }) => stream), events.map(({ id }) => id)],
  );
};

/** All that was delivered, in its order. */
export const deliveriesIn = (connectionString: string): Promise<readonly Delivered[]> =>
  once(connectionString, async (client) => {
    const deliveries: Delivered[] = [];
    for (let after = "0"; ; ) {
      const { rows } = await client.query<Record<"n" | "stream" | "id", string>>(
        `select n::text, stream::text, id::text from prove.deliveries
where n > $1 order by deliveries.n limit 50000`,
        [after],
      );
      for (const { stream, id } of rows) deliveries.push({ stream, id: Number(id) });
      const last = rows.at(-1);
      if (last === undefined) return deliveries;
      after = last.n;
    }
  });

/** A number that rises with every delivery, and is never below how many there were. */
export const deliveriesMark = (connectionString: string): Promise<number> =>
  once(connectionString, async (client) => {
    const { rows } = await client.query<{ mark: string }>(
      "select coalesce(max(n), 0)::text as mark from prove.deliveries",
    );
    return Number(rows[0]?.mark);
  });

/** How many events were delivered, each counted once. */
export const deliveredIn = (connectionString: string): Promise<number> =>
  once(connectionString, async (client) => {
    const { rows } = await client.query<{ delivered: string }>(
      "select count(distinct id)::text as delivered from prove.deliveries",
    );
    return Number(rows[0]?.delivered);
  });

/** When each of these events was first delivered, in milliseconds since the epoch. */
export const deliveryTimes = (
  connectionString: string,
  ids: readonly number[],
): Promise<ReadonlyMap<number, number>> =>
  once(connectionString, async (client) => {
    const { rows } = await client.query<{ id: string; at: string }>(
      `select id::text, (extract(epoch from min(at)) * 1000)::text as at from prove.deliveries
where id = any ($1::bigint[]) group by id`,
      [ids],
    );
    return new Map(rows.map(({ id, at }) => [Number(id), Number(at)]));
  });

const once = async <Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> => {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
