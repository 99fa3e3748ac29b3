import pg from "pg";
import { startDelayingProxy } from "./delaying-proxy.ts";

/** What stands between the benchmark and its data, beyond what the machine has. */
export type Condition =
  | { readonly kind: "direct" }
  /** A network: every round trip takes so much longer. */
  | { readonly kind: "round-trip"; readonly ms: number }
  /** A disk: every flush of the log takes so much longer. */
  | { readonly kind: "flush"; readonly ms: number };

export const conditionText = (condition: Condition): string => {
  if (condition.kind === "direct") return "direct";
  const what = condition.kind === "flush" ? "flush of the log" : "round trip";
  return `${what} + ${condition.ms} ms`;
};

/** Runs something with a way to the database that meets the condition. */
export const underCondition = async <Result>(
  connectionString: string,
  condition: Condition,
  run: (connectionString: string) => Promise<Result>,
): Promise<Result> => {
  if (condition.kind === "direct") return run(connectionString);
  if (condition.kind === "flush") {
    await delayFlushes(connectionString, condition.ms);
    return run(connectionString);
  }
  const proxy = await startDelayingProxy(connectionString, condition.ms);
  try {
    return await run(proxy.connectionString);
  } finally {
    await proxy.stop();
  }
};

/**
 * The leader of a group commit sleeps so long before it flushes, as if the disk were slow, also when
 * no other transaction is open.
 *
 * @see https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-COMMIT-DELAY
 */
const delayFlushes = async (connectionString: string, ms: number): Promise<void> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select quote_ident(current_database()) as database, current_setting('fsync') as fsync",
    );
    const { database, fsync } = rows[0];
    if (fsync !== "on") throw new Error("A server with fsync = off flushes nothing; turn it on");
    await client.query(`alter database ${database} set commit_siblings = 0`);
    await client.query(`alter database ${database} set commit_delay = ${Math.round(ms * 1_000)}`);
  } finally {
    await client.end();
  }
};
