import { setTimeout as sleep } from "node:timers/promises";
import { describeEnvironment } from "../benchmark.ts";
import { type ConnectedDatabase, connect } from "../connected-database.ts";
import { openDatabase } from "../database.ts";
import { countStored, createLedger, handledBy, type Verdict, verdictOn } from "./ledger.ts";
import { HEAP_SLACK_MB, type Memory, RSS_SLACK_MB, type Steadiness, steadiness } from "./memory.ts";
import { type Reader, readHere } from "./reader.ts";
import { readApart } from "./reader-apart.ts";
import type { SoakOptions } from "./soak-options.ts";
import { type Progress, write } from "./write.ts";

/** How one reader stood at one moment. */
export interface Sample extends Memory {
  readonly seconds: number;
  /** Events that were written and not handled. */
  readonly behind: number;
}

export interface ReaderReport extends Verdict {
  readonly name: string;
  readonly place: string;
  readonly slots: number;
  /** Nothing where the run was too short to tell. */
  readonly heap?: Steadiness;
  readonly rss?: Steadiness;
  readonly samples: readonly Sample[];
}

export interface SoakReport {
  readonly environment: readonly string[];
  /** How many events a second were asked for; 0 for as many as can be. */
  readonly offeredPerSecond: number;
  readonly writers: number;
  readonly entities: number;
  readonly written: number;
  readonly stored: number;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  /** How long readers went on after the last event was written. */
  readonly drainSeconds: number;
  readonly readers: readonly ReaderReport[];
  /** What went wrong, a sentence each; nothing when all is well. */
  readonly flaws: readonly string[];
}

export type StartReaders = (
  database: ConnectedDatabase,
  options: SoakOptions,
) => Promise<readonly Reader[]>;

const bothReaders: StartReaders = async (database, { slots }) => [
  await readApart(database, { name: "apart", slots }),
  await readHere(database, { name: "in-process", slots: 1 }),
];

/** Writes while readers follow, waits for them, and holds what they handled against what is stored. */
export const soak = async (
  connectionString: string,
  options: SoakOptions,
  startReaders: StartReaders = bothReaders,
): Promise<SoakReport> => {
  const making = await openDatabase(connectionString, 1);
  await making.close();
  const database = connect(connectionString, 24);
  try {
    await createLedger(database.db);
    const environment = await describeEnvironment(database.pool);
    const readers = await startReaders(database, options);
    const stopping = new AbortController();
    const stopAll = async (): Promise<void> => {
      stopping.abort();
      await Promise.allSettled(readers.map((reader) => reader.stop()));
    };
    const failure = Promise.all(readers.map(({ ended }) => ended));
    failure.catch(() => {});
    const work = run(database, options, readers, stopping.signal);
    work.catch(() => {});
    // Whatever ends first: readers only do by failing.
    const measured = await Promise.race([work, failure.then(() => work)]).finally(stopAll);
    return await judged(database, options, { environment, readers, ...measured });
  } finally {
    await database.close();
  }
};

interface Measured {
  readonly written: number;
  readonly seconds: number;
  readonly drainSeconds: number;
  readonly samples: ReadonlyMap<Reader, readonly Sample[]>;
}

const run = async (
  database: ConnectedDatabase,
  options: SoakOptions,
  readers: readonly Reader[],
  signal: AbortSignal,
): Promise<Measured> => {
  const beganAt = performance.now();
  const progress: Progress = { written: 0 };
  const writing = new AbortController();
  const samples = new Map<Reader, Sample[]>(readers.map((reader) => [reader, []]));
  const sampling = sample(database, options, { beganAt, progress, samples }, writing.signal);
  try {
    await write(database, options, progress, signal);
  } finally {
    writing.abort();
  }
  await sampling;
  const writtenAt = performance.now();
  await drained(database, readers, progress.written, { quietMs: options.quietMs, signal });
  return {
    written: progress.written,
    seconds: (writtenAt - beganAt) / 1_000,
    drainSeconds: (performance.now() - writtenAt) / 1_000,
    samples,
  };
};

interface Sampling {
  readonly beganAt: number;
  readonly progress: Progress;
  readonly samples: ReadonlyMap<Reader, Sample[]>;
}

/** Looks at all readers again and again, until everything is written. */
const sample = async (
  { db }: ConnectedDatabase,
  { sampleMs, onProgress = () => {} }: SoakOptions,
  { beganAt, progress, samples }: Sampling,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    const handled = await handledBy(db);
    const seconds = (performance.now() - beganAt) / 1_000;
    const { written } = progress;
    for (const [reader, found] of samples) {
      const behind = Math.max(0, written - (handled.get(reader.name) ?? 0));
      const one = { seconds, behind, ...(await reader.memory()) };
      found.push(one);
      onProgress(
        `${seconds.toFixed(0)} s: ${written} written; ${reader.name}: ${behind} behind, ` +
          `heap ${one.heapMb.toFixed(0)} MB, resident ${one.rssMb.toFixed(0)} MB`,
      );
    }
    await sleep(sampleMs, undefined, { signal }).catch(() => {});
  }
};

/** Waits until every reader has handled as many as were written, or none handles anything any more. */
const drained = async (
  { db }: ConnectedDatabase,
  readers: readonly Reader[],
  written: number,
  { quietMs, signal }: { readonly quietMs: number; readonly signal: AbortSignal },
): Promise<void> => {
  let [last, since] = ["", performance.now()];
  while (!signal.aborted && performance.now() - since < quietMs) {
    const handled = await handledBy(db);
    const counts = readers.map(({ name }) => handled.get(name) ?? 0);
    if (counts.every((count) => count >= written)) return;
    if (counts.join() !== last) [last, since] = [counts.join(), performance.now()];
    await sleep(100);
  }
};

const judged = async (
  { db }: ConnectedDatabase,
  { offeredPerSecond, writers }: SoakOptions,
  {
    environment,
    readers,
    samples,
    ...measured
  }: Measured & { readonly environment: readonly string[]; readonly readers: readonly Reader[] },
): Promise<SoakReport> => {
  const reports: ReaderReport[] = [];
  for (const reader of readers) {
    const { name, place, slots } = reader;
    const own = samples.get(reader) ?? [];
    const heap = steadiness(
      own.map(({ heapMb }) => heapMb),
      HEAP_SLACK_MB,
    );
    const rss = steadiness(
      own.map(({ rssMb }) => rssMb),
      RSS_SLACK_MB,
    );
    const verdict = await verdictOn(db, name);
    reports.push({
      ...{ name, place, slots, ...verdict, samples: own },
      ...(heap && { heap }),
      ...(rss && { rss }),
    });
  }
  const { written, seconds, drainSeconds } = measured;
  const { stored, entities } = await countStored(db);
  return {
    ...{ environment, offeredPerSecond, writers, entities, written, stored, seconds, drainSeconds },
    eventsPerSecond: written / seconds,
    readers: reports,
    flaws: [
      ...(stored === written ? [] : [`${stored} events are stored of ${written} written`]),
      ...reports.flatMap(flawsOf),
    ],
  };
};

const flawsOf = (reader: ReaderReport): readonly string[] => {
  const { name, leftOut, doubled, outOfOrder, unlike, heap, rss } = reader;
  const found = { "left out": leftOut, doubled, "out of order": outOfOrder };
  return [
    ...Object.entries(found).flatMap(([what, count]) =>
      count === 0 ? [] : [`${name}: ${count} events ${what}`],
    ),
    ...(unlike === 0 ? [] : [`${name}: ${unlike} entities are not what is stored`]),
    ...(heap?.isFlat === false ? [`${name}: its heap grows`] : []),
    ...(rss?.isFlat === false ? [`${name}: its resident memory grows`] : []),
  ];
};
