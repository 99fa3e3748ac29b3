import type { PgPool } from "../../src/index.ts";
import type { Topic } from "./entities.ts";
import type { Mutant } from "./mutant-readers.ts";
import { type Row, toHandled } from "./topic-reader.ts";

/** Follows a topic with nothing but SQL, as the documentation shows it: settle, then read. */
export const plainSql: Mutant = (pool: PgPool, topic: Topic) => {
  let after = 0;
  return {
    next: async (limit) => {
      const client = await pool.connect();
      try {
        const settled = await client.query(
          `call annals.settle(array['${topic}_events']::regclass[], 50)`,
        );
        const bound = (settled.rows[0] as Row | undefined)?.settled;
        if (bound === null || Number(bound) <= after) return [];
        const { rows } = await client.query(
          `select id, sequence, position from ${topic}_events
where position > $1 and position <= $2 order by position limit $3`,
          [after, bound, limit],
        );
        const events = (rows as readonly Row[]).map(toHandled);
        after = events.length === limit ? (events.at(-1)?.position ?? after) : Number(bound);
        return events;
      } finally {
        client.release();
      }
    },
  };
};
