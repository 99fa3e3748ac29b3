import { setTimeout as sleep } from "node:timers/promises";
import { backendCrash, LongTransaction, serverCrash } from "@annals/faults";
import type { EmbeddedServer } from "@annals/testing/postgres";
import { type Kysely, sql } from "kysely";
import pg from "pg";
import { lockIndexRows, terminateBackends } from "./disturbances.ts";
import type { Tables } from "./entities.ts";
import { consumerFollower, type Follower, readerFollower } from "./follower.ts";
import { connect, createTestDatabase } from "./ground.ts";
import {
  checkpointAndLast,
  judge,
  judgeHandled,
  passedOver,
  type Verdict,
  writtenEvents,
} from "./judge.ts";
import { naive } from "./mutant-readers.ts";
import { PreparedTransactions } from "./prepared-transactions.ts";
import { Writing } from "./session.ts";
import { tellOf } from "./told.ts";
import { type Desk, TAKEN } from "./writer-actions.ts";
import { type Tally, write, writerRandom } from "./writers.ts";

export interface StressOptions {
  readonly server: EmbeddedServer;
  readonly seed: number;
  /** How long writers write. */
  readonly ms: number;
}

export interface FollowerReport extends Verdict {
  readonly name: string;
  readonly skipped: number;
  readonly unknown: number;
  readonly checkpointBehind: number;
}

export interface StressReport {
  readonly seed: number;
  /** Positions drawn, and events that were committed. */
  readonly drawn: number;
  readonly committed: number;
  readonly followers: readonly FollowerReport[];
  /** How many events the reader that is expected to fail has passed over. */
  readonly naiveLost: number;
  /**
   * The longest time from a commit to its delivery by a follower that is fast enough to keep up, before
   * anything crashed, and over all. Unrelated transactions are open all the while.
   */
  readonly maxLagMs: number;
  readonly maxLagWithCrashesMs: number;
  readonly terminated: number;
  readonly tally: Tally;
}

const WRITERS = 12;
const KEYS = 10;
const DRAIN_MS = 60_000;

/** Batch sizes from 1 to 1,000 over both topics, some told of commits; two processes' worth of one consumer. */
const followersOf = (db: Kysely<Tables>, told: Kysely<Tables>): readonly Follower[] => [
  consumerFollower(told, { name: "orders-by-1", topic: "order", batchSize: 1 }),
  consumerFollower(told, { name: "accounts-by-7", topic: "account", batchSize: 7 }),
  consumerFollower(db, { name: "orders-by-100", topic: "order", batchSize: 100 }),
  consumerFollower(db, { name: "accounts-by-1000", topic: "account", batchSize: 1000 }),
];

/** Writes, disturbs, crashes and follows for a while, and says what became of every event. */
export const stress = async ({ server, seed, ms }: StressOptions): Promise<StressReport> => {
  const connectionString = await createTestDatabase(server);
  const writerDb = connect(connectionString, { max: WRITERS + 2, name: "writer" });
  const followerDb = connect(connectionString, { max: 14, name: "follower" });
  const toldDb = connect(connectionString, { max: 8, name: "follower" });
  const db = connect(connectionString, { max: 8 });
  const naivePool = new pg.Pool({ connectionString, max: 2 });
  naivePool.on("error", () => {});
  naivePool.on("connect", (client) => client.on("error", () => {}));

  const writing = new Writing(writerDb);
  const writingApart = new Writing(writerDb, { coalesce: false });
  const prepared = new PreparedTransactions(db);
  const accounts = await Promise.all(
    Array.from({ length: KEYS }, (_, key) => writing.newAccount(`account-${key}`)),
  );
  const orders = await Promise.all(
    Array.from({ length: KEYS }, async () => (await writing.orders.create()).id),
  );
  await writing.newAccount(TAKEN);

  const following = new AbortController();
  const followers = followersOf(followerDb, toldDb);
  const competitor = followersOf(followerDb, toldDb)[2] as Follower;
  const telling = setInterval(() => tellOf(toldDb), 5);
  const followed = [...followers, competitor].map((each) => each.follow(following.signal));
  const loser = readerFollower(db, naive(naivePool, "account"), {
    name: "naive",
    topic: "account",
    batchSize: 100,
  });
  const losing = new AbortController();
  const lost = loser.follow(losing.signal).catch(() => {});

  const unrelated = [
    new LongTransaction(connectionString, "insert into elsewhere values ('long')"),
    new LongTransaction(server.connectionString, "create table elsewhere (note text)"),
  ];
  const openUnrelated = async (): Promise<void> => {
    for (const each of unrelated) await each.open();
  };
  await openUnrelated();

  const writers = new AbortController();
  const tally: Tally = new Map();
  const random = writerRandom(seed, WRITERS);
  const disturbed = [lockIndexRows(db, random, accounts, writers.signal)];
  const terminating = terminateBackends(db, random, writers.signal);
  const written = Array.from({ length: WRITERS }, (_, writer) => {
    const desk: Desk = {
      // Half of them gather what they write at the same time.
      writing: writer % 2 === 0 ? writing : writingApart,
      random: writerRandom(seed, writer),
      prepared,
      accounts,
      orders,
    };
    return write(desk, writers.signal, tally);
  });
  const all = Promise.all([...written, ...disturbed]);

  try {
    const crashing = writeAndCrash(server, ms, openUnrelated, losing);
    // Writers end only when they are told to, or by an error that they did not expect.
    await Promise.race([all, crashing]);
    const crashedAt = await crashing;
    writers.abort();
    await all;
    await prepared.allEnded();
    // The unrelated transactions are still open.
    await drained(db, followers, Promise.all(followed));
    following.abort();
    await Promise.all([...followed, lost]);
    return {
      seed,
      ...(await counts(db)),
      followers: await Promise.all(
        followers.map((each) => followerReport(db, each, each.name === competitor.name)),
      ),
      naiveLost: await passedOver(db, loser),
      maxLagMs: await maxLag(db, "orders-by-100", crashedAt),
      maxLagWithCrashesMs: await maxLag(db, "orders-by-100"),
      terminated: await terminating,
      tally,
    };
  } finally {
    writers.abort();
    losing.abort();
    following.abort();
    clearInterval(telling);
    for (const each of unrelated) await each.close();
    await Promise.allSettled([...followed, all, terminating, lost]);
    await Promise.all([
      writerDb.destroy(),
      followerDb.destroy(),
      toldDb.destroy(),
      db.destroy(),
      naivePool.end(),
    ]);
  }
};

/**
 * Three stretches of writing, with a crash of one backend and a crash of the server between them.
 *
 * @returns when the first crash was.
 */
const writeAndCrash = async (
  server: EmbeddedServer,
  ms: number,
  openUnrelated: () => Promise<void>,
  losing: AbortController,
): Promise<Date> => {
  await sleep(ms / 3);
  const crashedAt = new Date();
  // The naive reader's loss is what commit order does to it, and not what a crash does.
  losing.abort();
  for (const crash of [backendCrash, serverCrash]) {
    await crash(server);
    await openUnrelated();
    await sleep(ms / 3);
  }
  return crashedAt;
};

/** Waits until every follower has been given as many events as there are, or time is up. */
const drained = async (
  db: Kysely<Tables>,
  followers: readonly Follower[],
  failed: Promise<unknown>,
): Promise<void> => {
  const deadline = Date.now() + DRAIN_MS;
  while (Date.now() < deadline) {
    const behind = await Promise.all(
      followers.map(async (each) => {
        const { checkpoint, last } = await checkpointAndLast(db, each);
        return checkpoint < last;
      }),
    );
    if (!behind.includes(true)) return;
    await Promise.race([sleep(50), failed]);
  }
};

const followerReport = async (
  db: Kysely<Tables>,
  follower: Follower,
  isShared: boolean,
): Promise<FollowerReport> => {
  const { checkpoint, last } = await checkpointAndLast(db, follower);
  // One of two that share the work sees holes where the other had its turn.
  const memory = isShared
    ? { skipped: 0, unknown: 0 }
    : judgeHandled(follower.handled, await writtenEvents(db, follower.topic));
  return {
    name: follower.name,
    ...(await judge(db, follower)),
    ...memory,
    checkpointBehind: Math.max(0, last - checkpoint),
  };
};

const counts = async (
  db: Kysely<Tables>,
): Promise<{ readonly drawn: number; readonly committed: number }> => {
  const { rows } = await sql<{ drawn: string; committed: number }>`
select (select last_value from annals.position) as drawn,
  ((select count(*) from account_events) + (select count(*) from order_events))::int as committed`.execute(
    db,
  );
  return { drawn: Number(rows[0]?.drawn), committed: Number(rows[0]?.committed) };
};

/** An event that was committed before `until` and not delivered by then counts as late as that. */
const maxLag = async (db: Kysely<Tables>, name: string, until?: Date): Promise<number> => {
  const end = sql`coalesce(${until ?? null}::timestamptz, 'infinity')`;
  const { rows } = await sql<{ ms: number }>`
select coalesce(max(extract(epoch from least(delivered_at, ${end}) - committed_at)) * 1000, 0)::int as ms
from (
  select d.delivered_at, pg_xact_commit_timestamp(e.xmin) as committed_at
  from deliveries d
  join (
    select position, xmin from account_events union all select position, xmin from order_events
  ) as e on e.position = d.position
  where d.consumer = ${name}
) as delivery
where committed_at < ${end}`.execute(db);
  return Number(rows[0]?.ms);
};
