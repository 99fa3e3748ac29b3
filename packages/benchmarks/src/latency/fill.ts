import type { ConnectedDatabase } from "../connected-database.ts";
import { seedEvents } from "../tables.ts";
import { openWriters } from "./writers.ts";

const EVENTS_PER_USER = 10;
const USERS_AT_ONCE = 10_000;

/** Fills in so many events of many users, under the same guards as everybody. */
export const fillAnnals = ({ pool }: ConnectedDatabase, events: number): Promise<void> =>
  seedEvents(pool, "guarded", events, EVENTS_PER_USER);

/** Fills in as many for Emmett, as its own function stores them. */
export const fillEmmett = async (database: ConnectedDatabase, events: number): Promise<void> => {
  // It has its tables made.
  await openWriters("emmett", database, 0);
  for (const { part, users } of parts(events)) {
    await database.pool.query(FILL_EMMETT, [`fill-${part}-`, users, EVENTS_PER_USER]);
  }
};

const FILL_EMMETT = `
with streams as (
  insert into emt_streams (stream_id, stream_position, partition, stream_type, stream_metadata)
  select $1 || n, $3::int, 'emt:default', 'emt:unknown', '{}' from generate_series(1, $2::int) n
  returning stream_id
)
insert into emt_messages (stream_id, stream_position, partition, message_data, message_metadata,
  message_schema_version, message_type, message_id, transaction_id)
select stream_id, n, 'emt:default', jsonb_build_object('name', 'Name ' || n),
  jsonb_build_object('streamName', stream_id), '1', 'UserRenamed', gen_random_uuid(),
  pg_current_xact_id()
from streams cross join generate_series(1, $3::int) n
order by stream_id, n`;

/** So many events in parts of as many users at once, the last of them smaller. */
function* parts(events: number): Generator<{ readonly part: number; readonly users: number }> {
  let left = Math.ceil(events / EVENTS_PER_USER);
  for (let part = 1; left > 0; part += 1) {
    const users = Math.min(left, USERS_AT_ONCE);
    left -= users;
    yield { part, users };
  }
}
