import pg from "pg";

/** A pool that outlives connections that are terminated, as a service has to. */
export const survivingPool = (connectionString: string, max: number): pg.Pool => {
  const pool = new pg.Pool({ connectionString, max });
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
};
