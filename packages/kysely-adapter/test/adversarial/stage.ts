import type { PostgresServer } from "@annals/testing/postgres";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import type { Tables } from "./entities.ts";
import { consumerFollower, type Follower, readerFollower } from "./follower.ts";
import { connect, createTestDatabase } from "./ground.ts";
import { judge, type Verdict } from "./judge.ts";
import type { Mutant } from "./mutant-readers.ts";
import { Writing } from "./session.ts";
import { StepActions, steppedPool } from "./steps.ts";

/** A database with two accounts, one follower of their topic, and a hand on each of its steps. */
export interface Stage {
  readonly db: Kysely<Tables>;
  readonly connectionString: string;
  readonly writing: Writing;
  readonly steps: StepActions;
  readonly follower: Follower;
  /** Two accounts whose events the follower has handled. */
  readonly first: string;
  readonly second: string;
  verdict(): Promise<Verdict>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Follows with this reader. Default is the real consumer. */
  readonly mutant?: Mutant | undefined;
  readonly batchSize?: number;
}

export const setStage = async (
  server: PostgresServer,
  { mutant, batchSize = 100 }: StageOptions = {},
): Promise<Stage> => {
  const connectionString = await createTestDatabase(server);
  const db = connect(connectionString, { max: 8 });
  const steps = new StepActions();
  // Whoever waits here does so until the next step, however long that takes.
  const writing = new Writing(db, { lockTimeoutMs: 0 });
  const options = { name: "follower", topic: "account", batchSize } as const;
  const readers = new pg.Pool({ connectionString, max: 4 });
  readers.on("error", () => {});
  readers.on("connect", (client) => client.on("error", () => {}));
  const readerDb = connect(connectionString, { around: (pool) => steppedPool(pool, steps.run) });
  const follower =
    mutant === undefined
      ? consumerFollower(readerDb, options)
      : readerFollower(db, mutant(steppedPool(readers, steps.run), options.topic), options);
  const first = await writing.newAccount("first");
  const second = await writing.newAccount("second");
  await follower.catchUp();
  return {
    db,
    connectionString,
    writing,
    steps,
    follower,
    first,
    second,
    verdict: () => judge(db, follower),
    close: async () => {
      await writing.close();
      await Promise.all([db.destroy(), readerDb.destroy(), readers.end()]);
    },
  };
};

/** Waits until so many sessions of the database wait for a lock of this kind. */
export const waitingFor = async (
  db: Kysely<Tables>,
  event: "advisory" | "transactionid" | "tuple",
  sessions = 1,
): Promise<void> => {
  for (;;) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and wait_event = ${event}`.execute(
      db,
    );
    if ((rows[0]?.n ?? 0) >= sessions) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
