import { statement, unprepared } from "../connection/statement.ts";

const GATE = "hashtextextended('annals.projection.writes ' || $1::text, 0)";

/**
 * Waits while the tables of a projection that follows are to stay as they are, and keeps them from being
 * replaced. Parameters: $1 name. Locks: an advisory one, shared, to the transaction's end.
 */
export const enterProjection = statement(
  "enter_projection",
  `select pg_advisory_xact_lock_shared(${GATE})`,
);

/**
 * Waits for those who write a projection that follows; all later ones wait behind it. Parameters: $1 name.
 * Locks: the same, for itself.
 */
export const closeProjection = unprepared(
  "close_projection",
  `select pg_advisory_xact_lock(${GATE})`,
);

/**
 * Whether a slot is leased as it was. Parameters: $1 consumer, $2 slot, $3 epoch. Locks: none.
 * Conflict: no row is returned. Relies on: checkpoints_pkey.
 */
export const hasEpoch = statement(
  "has_epoch",
  `select slot from annals.checkpoints where consumer = $1 and slot = $2::int and epoch = $3::bigint`,
);
