import { statement } from "../connection/statement.ts";
import { SERVER_LIFE } from "./server-life.ts";

/**
 * Moves a slot's checkpoint, as the last statement of the handlers' transaction or on its own. Fenced: who
 * has lost the lease finds another epoch, who comes late another position, and what was read in an earlier
 * life of the server means nothing. Who lost the answer of a move that was committed finds that it was counted.
 * Parameters: $1 consumer, $2 slot, $3 epoch, $4 from, $5 to, $6 the life, or NULL where nothing of it
 * matters, $7 how often it was moved before.
 * Locks: the checkpoint's row. Conflict: no row is returned. Relies on: checkpoints_pkey.
 */
export const moveCheckpoint = statement(
  "move_checkpoint",
  `update annals.checkpoints set position = $5::bigint, moves = moves + 1, moved_at = clock_timestamp()
where consumer = $1 and slot = $2::int and epoch = $3::bigint and position = $4::bigint and moves = $7::bigint
  and ($6::text is null or ${SERVER_LIFE} = $6::text)
returning position`,
);

/**
 * The lowest checkpoint of a consumer's slots but these. Parameters: $1 consumer, $2 slots.
 * Locks: none. Relies on: checkpoints_pkey.
 */
export const readProgress = statement(
  "read_progress",
  `select min(position) as position from annals.checkpoints
where consumer = $1 and slot <> all ($2::int[])`,
);

export interface ProgressRow {
  readonly position: number | string | null;
}
