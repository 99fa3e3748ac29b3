import { statement } from "../connection/statement.ts";
import { SERVER_LIFE } from "./server-life.ts";

/**
 * The position that consumers of some tables start from, settled: now, or right before the first event
 * recorded at or after a time. Parameters: $1 tables, $2 the time or NULL, $3 how long to wait for writers, in
 * milliseconds. Gives no position when one of them is still open. Locks: none.
 * Relies on: user_events_recorded_at_idx, for a time.
 */
export const startPosition = statement(
  "start_position",
  "call annals.start_position($1::text[], $2::timestamptz, $3::int, null, null)",
);

export interface StartPositionRow {
  readonly start_position: number | string | null;
  readonly server_life: string;
}

/** Whether the server's life is still the same. Parameters: $1 the life. Locks: none. */
export const isSameLife = statement("is_same_life", `select ${SERVER_LIFE} = $1::text as lives`);

/**
 * Where another consumer is: up to there everything is handled, and nothing is held. Parameters: $1 its name.
 * Locks: none. Relies on: checkpoints_pkey, held_keys_pkey.
 */
export const consumerPlace = statement(
  "consumer_place",
  `select least(min(k.position), (select min(h.position) from annals.held_keys h where h.consumer = $1)) as position
from annals.checkpoints k where k.consumer = $1`,
);

export interface ConsumerPlaceRow {
  readonly position: number | string | null;
}
