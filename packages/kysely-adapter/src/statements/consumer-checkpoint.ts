import { statement } from "../connection/statement.ts";
import { SERVER_LIFE } from "./server-life.ts";

/**
 * Registers a consumer with its checkpoint at the beginning, unless it exists, in one statement.
 * Parameters: $1 name, $2 topics. Locks: the new rows. Returns nothing that can be relied upon: a
 * concurrent registration is invisible to this statement's snapshot, so the checkpoint is read after it.
 */
export const registerConsumer = statement(
  "register_consumer",
  `with registered as (
  insert into annals.consumers (name, topics) values ($1, $2::text[])
  on conflict (name) do nothing
  returning name
)
insert into annals.checkpoints (consumer, slot, position)
select name, 0, 0 from registered
on conflict do nothing`,
);

/**
 * Reads a consumer's registration and checkpoint.
 * Parameters: $1 name. Locks: none. Relies on: consumers_pkey, checkpoints_pkey.
 */
export const readCheckpoint = statement(
  "read_checkpoint",
  `select to_json(c.topics) as topics, p.position
from annals.consumers c
join annals.checkpoints p on p.consumer = c.name and p.slot = 0
where c.name = $1`,
);

export interface CheckpointRow {
  readonly topics: readonly string[];
  readonly position: number | string;
}

/**
 * Reads a checkpoint and keeps every other process from moving it until the transaction ends. Returns
 * nothing while another process has it: that one is at work, and nobody should wait in a transaction.
 * Parameters: $1 name. Locks: the checkpoint's row, FOR UPDATE SKIP LOCKED. Relies on: checkpoints_pkey.
 */
export const lockCheckpoint = statement(
  "lock_checkpoint",
  `select position, ${SERVER_LIFE} as server_start
from annals.checkpoints where consumer = $1 and slot = 0
for update skip locked`,
);

export interface LockedCheckpointRow {
  readonly position: number | string;
  readonly server_start: string;
}

/**
 * Moves a checkpoint, as the last statement of the handlers' transaction.
 * Parameters: $1 name, $2 from, $3 to. Locks: the checkpoint's row. Conflict: no row is returned.
 */
export const moveCheckpoint = statement(
  "move_checkpoint",
  `update annals.checkpoints set position = $3::bigint, moved_at = clock_timestamp()
where consumer = $1 and slot = 0 and position = $2::bigint
returning position`,
);
