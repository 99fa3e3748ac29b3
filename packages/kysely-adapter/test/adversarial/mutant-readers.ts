import { SettledPosition } from "../../src/consumers/settled-position.ts";
import type { PgPool } from "../../src/index.ts";
import type { Topic } from "./entities.ts";
import type { Handled } from "./follower.ts";
import {
  autocommit,
  inOneSnapshot,
  type Row,
  type RunSql,
  type TopicReader,
  toHandled,
} from "./topic-reader.ts";

/** The lock that the mutants of one statement wait for between their looks, so that a test decides. */
export const PAUSE_LOCK = 4711;

/** Makes a reader that is wrong in one way. */
export type Mutant = (pool: PgPool, topic: Topic) => TopicReader;

const LAST = "select last_value as last from annals.position";

const writersSql = (topic: Topic, condition = "true"): string =>
  `select distinct virtualtransaction as writer from pg_locks
where locktype = 'relation' and relation = '${topic}_events'::regclass
  and mode = 'RowExclusiveLock' and granted and ${condition}`;

const eventsSql = (topic: Topic): string =>
  `select id, sequence, position from ${topic}_events
where position > $1 and position <= $2 order by position limit $3`;

/** Pages by position up to a bound that is looked up each time. */
const byPosition = (
  page: (after: number, limit: number) => Promise<readonly Row[]>,
): TopicReader => {
  let after = 0;
  return {
    next: async (limit) => {
      const events = (await page(after, limit)).map(toHandled);
      after = events.at(-1)?.position ?? after;
      return events;
    },
  };
};

const numberOf = (rows: readonly Row[], column: string): number => Number(rows[0]?.[column]);
const writersOf = (rows: readonly Row[]): string[] => rows.map(({ writer }) => String(writer));

const ONE_LIFE = "the only life there is";

/** Pages up to the settled position of looks that are wrong. */
const settledBy = (
  topic: Topic,
  run: RunSql,
  looks: { last: () => Promise<number>; writers: () => Promise<readonly string[]> },
): TopicReader => {
  const settled = new SettledPosition({
    lastPosition: async () => ({ last: await looks.last(), used: 0, serverStart: ONE_LIFE }),
    topicWriters: async () => ({ writers: await looks.writers(), serverStart: ONE_LIFE }),
  });
  return byPosition(async (after, limit) => {
    const { position } = await settled.look();
    return position <= after ? [] : await run(eventsSql(topic), [after, position, limit]);
  });
};

/** The reader that nearly everybody wrote first. */
export const naive: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return byPosition((after, limit) => run(eventsSql(topic), [after, 2 ** 52, limit]));
};

export const holdersBeforeLast: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  let seen: readonly string[] = [];
  return settledBy(topic, run, {
    last: async () => {
      seen = writersOf(await run(writersSql(topic)));
      return numberOf(await run(LAST), "last");
    },
    writers: async () => seen,
  });
};

/** One statement leaves the order of its two looks to the executor: here, the wrong one. */
export const looksInOneStatement: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  let seen: readonly string[] = [];
  return settledBy(topic, run, {
    last: async () => {
      const rows = await run(`select array(${writersSql(topic)}) as writers,
  pg_advisory_xact_lock_shared(${PAUSE_LOCK}), (${LAST}) as last`);
      seen = rows[0]?.writers as string[];
      return numberOf(rows, "last");
    },
    writers: async () => seen,
  });
};

export const everythingInOneTransaction: Mutant = (pool, topic) =>
  byPosition((after, limit) =>
    inOneSnapshot(pool, async (run) => {
      const last = numberOf(await run(LAST), "last");
      const writers = await run(writersSql(topic));
      return writers.length > 0 ? [] : await run(eventsSql(topic), [after, last, limit]);
    }),
  );

export const everythingInOneStatement: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return byPosition((after, limit) =>
    run(
      `with looked as materialized (${LAST}),
paused as materialized (select last, pg_advisory_xact_lock_shared(${PAUSE_LOCK}) from looked),
bound as materialized (
  select last, array(${writersSql(topic)} and last is not null) as writers from paused
)
select e.id, e.sequence, e.position from bound join ${topic}_events e on e.position <= bound.last
where e.position > $1 and writers = '{}' order by e.position limit $2`,
      [after, limit],
    ),
  );
};

/** What is on its way with the looks has to come behind them. */
export const readsBeforeSecondLook: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return byPosition(async (after, limit) => {
    const last = numberOf(await run(LAST), "last");
    const rows = await run(eventsSql(topic), [after, last, limit]);
    const writers = await run(writersSql(topic));
    return writers.length > 0 ? [] : rows;
  });
};

/** What was read along with the looks counts up to where they say, and no further. */
export const readsBeyondItsLooks: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return byPosition(async (after, limit) => {
    await run(LAST);
    const writers = await run(writersSql(topic));
    return writers.length > 0 ? [] : await run(eventsSql(topic), [after, 2 ** 52, limit]);
  });
};

export const withoutPrepared: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return settledBy(topic, run, {
    last: async () => numberOf(await run(LAST), "last"),
    writers: async () => writersOf(await run(writersSql(topic, "pid is not null"))),
  });
};

/** Right in one life of the server; does not notice that another has begun. */
export const withoutLives: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return settledBy(topic, run, {
    last: async () => numberOf(await run(LAST), "last"),
    writers: async () => writersOf(await run(writersSql(topic))),
  });
};

// xmin, the row's own, stands for a column with the transaction's id: it is the same number here.
const XID = "xmin::text::bigint";
const XMIN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";

export const byTransactionId: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  let after: readonly [xid: number, position: number] = [0, 0];
  return {
    next: async (limit): Promise<readonly Handled[]> => {
      const rows = await run(
        `select id, sequence, position, ${XID} as xid from ${topic}_events
where (${XID}, position) > ($1, $2) and ${XID} < ${XMIN} order by ${XID}, position limit $3`,
        [...after, limit],
      );
      const last = rows.at(-1);
      if (last !== undefined) after = [Number(last.xid), Number(last.position)];
      return rows.map(toHandled);
    },
  };
};

export const highestBelowXmin: Mutant = (pool, topic) => {
  const run = autocommit(pool);
  return byPosition((after, limit) =>
    run(
      `select id, sequence, position from ${topic}_events
where position > $1
  and position <= (select max(position) from ${topic}_events where ${XID} < ${XMIN})
order by position limit $2`,
      [after, limit],
    ),
  );
};
