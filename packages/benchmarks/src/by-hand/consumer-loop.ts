import type pg from "pg";
import { inTransaction } from "./in-transaction.ts";

/** Which tables it is about. */
type Schema = "topic" | "replay";

const read = (schema: Schema) => ({
  name: `by_hand_read_${schema}`,
  text: `select id, sequence, position, recorded_at, event from ${schema}.user_events
where position > $1 order by position limit $2`,
});

const move = (schema: Schema) => ({
  name: `by_hand_move_checkpoint_${schema}`,
  text: `update ${schema}.by_hand_checkpoints set position = $2 where consumer = $1`,
});

const LOCK = {
  name: "by_hand_lock_checkpoint",
  text: "select position from topic.by_hand_checkpoints where consumer = $1 for update",
};

export const createCheckpoints = async (pool: pg.Pool, schema: Schema): Promise<void> => {
  await pool.query(
    `create table ${schema}.by_hand_checkpoints (consumer text primary key, position bigint not null)`,
  );
};

export interface Loop {
  readonly schema: Schema;
  readonly consumer: string;
  readonly batchSize: number;
  readonly handle: (event: unknown) => Promise<void>;
}

/**
 * The loop that everybody writes first. It loses events as soon as two transactions commit in another
 * order than they drew their positions, and repeats a batch after a crash.
 */
export const naiveLoop = async (pool: pg.Pool, loop: Loop): Promise<number> => {
  let cursor = await start(pool, loop);
  const [readText, moveText] = [read(loop.schema), move(loop.schema)];
  for (let handled = 0; ; ) {
    const { rows } = await pool.query({ ...readText, values: [cursor, loop.batchSize] });
    for (const row of rows) await loop.handle(row.event);
    cursor = rows.at(-1)?.position;
    if (cursor === undefined) return handled;
    await pool.query({ ...moveText, values: [loop.consumer, cursor] });
    handled += rows.length;
  }
};

/** The same with the checkpoint locked and moved in a transaction that handlers could write in. */
export const transactionalLoop = async (pool: pg.Pool, loop: Loop): Promise<number> => {
  let cursor = await start(pool, loop);
  const [readText, moveText] = [read(loop.schema), move(loop.schema)];
  for (let handled = 0; ; ) {
    const { rows } = await pool.query({ ...readText, values: [cursor, loop.batchSize] });
    const last = rows.at(-1)?.position;
    if (last === undefined) return handled;
    await inTransaction(pool, async (client) => {
      await client.query({ ...LOCK, values: [loop.consumer] });
      for (const row of rows) await loop.handle(row.event);
      await client.query({ ...moveText, values: [loop.consumer, last] });
    });
    cursor = last;
    handled += rows.length;
  }
};

const start = async (pool: pg.Pool, { schema, consumer }: Loop): Promise<string> => {
  await pool.query(`insert into ${schema}.by_hand_checkpoints values ($1, 0)`, [consumer]);
  return "0";
};
