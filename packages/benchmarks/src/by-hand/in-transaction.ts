import type pg from "pg";

/** BEGIN, the work, COMMIT, on one connection: a round trip each. */
export const inTransaction = async (
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await work(client);
    await client.query("commit");
  } finally {
    client.release();
  }
};

/** Fails the benchmark when a write that cannot conflict wrote nothing: it would measure nothing. */
export const expectOneRow = ({ rowCount }: pg.QueryResult): void => {
  if (rowCount !== 1) throw new Error(`A statement of the benchmark wrote ${rowCount} rows, not 1`);
};
