import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@annals/faults";
import { type Kysely, sql } from "kysely";
import type { Tables } from "./entities.ts";

/** Locks index rows for a while and writes nothing, as anybody with a psql may. */
export const lockIndexRows = async (
  db: Kysely<Tables>,
  random: Random,
  accounts: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    await db
      .transaction()
      .execute(async (tx) => {
        const id = random.pick(accounts);
        await sql`select from accounts where id = ${id} for update`.execute(tx);
        await sleep(random.between(2, 40));
      })
      .catch(() => {});
    await sleep(random.between(10, 80));
  }
};

/** Terminates backends of writers, and now and then one of a follower. */
export const terminateBackends = async (
  db: Kysely<Tables>,
  random: Random,
  signal: AbortSignal,
): Promise<number> => {
  let terminated = 0;
  while (!signal.aborted) {
    await sleep(random.between(100, 400));
    const name = random.chance(0.8) ? "writer" : "follower";
    await sql`select pg_terminate_backend(pid) from (
  select pid from pg_stat_activity
  where application_name = ${name} and datname = current_database() order by random() limit 1
) one`
      .execute(db)
      .then(({ rows }) => {
        terminated += rows.length;
      })
      .catch(() => {});
  }
  return terminated;
};
