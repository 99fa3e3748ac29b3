import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedServer } from "@annals/testing/postgres";
import pg from "pg";

/** A way in which a server dies and comes back. */
export type Crash = (server: EmbeddedServer) => Promise<void>;

/** The whole server stops where it is, and a new one recovers. */
export const serverCrash: Crash = (server) => server.restart("immediate");

/**
 * One backend dies, as by the kernel's OOM killer. The postmaster lives on, throws all others out and
 * recovers: its start time stays what it was.
 */
export const backendCrash: Crash = async ({ connectionString }) => {
  const victim = new pg.Client({ connectionString });
  victim.on("error", () => {});
  await victim.connect();
  const { rows } = await victim.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = rows[0]?.pid;
  if (pid === undefined) throw new Error("The server told no process id");
  const before = await statisticsReset(victim);
  const gone = new Promise((resolve) => victim.once("end", resolve));
  process.kill(pid, "SIGKILL");
  await gone;
  // Until the postmaster notices, it goes on taking connections, only to throw them out.
  while ((await resetNow(connectionString)) === before) await sleep(10);
};

/** Statistics do not outlive a crash. */
const statisticsReset = async (client: pg.Client): Promise<string | undefined> => {
  const { rows } = await client.query<{ at: string }>(
    "select pg_stat_get_bgwriter_stat_reset_time()::text as at",
  );
  return rows[0]?.at;
};

/** Asks as often as it takes to be answered. */
const resetNow = async (connectionString: string): Promise<string | undefined> => {
  for (;;) {
    const client = new pg.Client({ connectionString });
    client.on("error", () => {});
    try {
      await client.connect();
      return await statisticsReset(client);
    } catch {
      await sleep(10);
    } finally {
      await client.end().catch(() => {});
    }
  }
};
