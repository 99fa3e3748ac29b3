import type { PgPool } from "../../src/index.ts";
import type { Handled } from "./follower.ts";

/** What decides which events a follower is given next. The harness runs any of them. */
export interface TopicReader {
  /** The next events after those that it returned before. */
  next(limit: number): Promise<readonly Handled[]>;
}

export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement, in a snapshot of its own unless a transaction is open around it. */
export type RunSql = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

/** Runs each statement on whatever connection is free. */
export const autocommit =
  (pool: PgPool): RunSql =>
  async (text, values = []) => {
    const client = await pool.connect();
    try {
      return (await client.query(text, [...values])).rows as readonly Row[];
    } finally {
      client.release();
    }
  };

/** Runs statements in one REPEATABLE READ transaction, so that all have the first one's snapshot. */
export const inOneSnapshot = async <Result>(
  pool: PgPool,
  work: (run: RunSql) => Promise<Result>,
): Promise<Result> => {
  const client = await pool.connect();
  try {
    await client.query("begin isolation level repeatable read");
    const result = await work(
      async (text, values = []) => (await client.query(text, [...values])).rows as readonly Row[],
    );
    await client.query("commit");
    return result;
  } finally {
    client.release();
  }
};

export const toHandled = ({ id, sequence, position }: Row): Handled => ({
  entity: String(id),
  sequence: Number(sequence),
  position: Number(position),
});
