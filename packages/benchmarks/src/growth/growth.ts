import type pg from "pg";
import { appendCase } from "../cases/append-case.ts";
import type { CaseSource, Volume } from "../cases/benchmark-case.ts";
import { consumeCases } from "../cases/consume-cases.ts";
import { listCase } from "../cases/list-case.ts";
import { findCase } from "../cases/read-cases.ts";
import { type BenchmarkDatabase, openDatabase } from "../database.ts";
import { interleave, type Slot, type WarmUp, warmUp } from "../measure/interleave.ts";
import { median } from "../measure/statistics.ts";
import { seedEvents } from "../tables.ts";

/** What one operation costs with so many events in the tables. */
export interface GrowthPoint {
  readonly events: number;
  readonly case: string;
  readonly variant: string;
  /** The median of the repetitions, for one operation. */
  readonly micros: number;
}

export interface GrowthOptions {
  /** How many events there are before, one database for each. */
  readonly sizes: readonly number[];
  readonly repetitions: number;
  readonly slotMs: number;
  readonly warmUp: WarmUp;
  readonly onProgress?: (line: string) => void;
}

const [, replayCase] = consumeCases as readonly [CaseSource, CaseSource];
const CASES: readonly CaseSource[] = [appendCase, findCase, listCase, replayCase];
const EVENTS_PER_USER = 2;
/** A replay of more than these is long enough to be measured once. */
const REPLAYS_REPEATED_MAX = 100_000;
/** Of more it takes minutes, and says nothing new: it goes from page to page. */
const REPLAYED_MAX = 1_000_000;

/** Measures the same operations at one connection in tables of different sizes. */
export const measureGrowth = async (
  createDatabase: () => Promise<{ readonly connectionString: string }>,
  options: GrowthOptions,
): Promise<readonly GrowthPoint[]> => {
  const points: GrowthPoint[] = [];
  for (const events of options.sizes) {
    options.onProgress?.(`${events} events: filling tables`);
    const { connectionString } = await createDatabase();
    const database = await openDatabase(connectionString, 1);
    try {
      points.push(...(await measureSize(database, events, options)));
    } finally {
      await database.close();
    }
  }
  return points;
};

const measureSize = async (
  database: BenchmarkDatabase,
  events: number,
  options: GrowthOptions,
): Promise<readonly GrowthPoint[]> => {
  await seedEvents(database.pool, "guarded", events, EVENTS_PER_USER);
  const points: GrowthPoint[] = [];
  for (const source of events > REPLAYED_MAX ? CASES.filter((one) => one !== replayCase) : CASES) {
    options.onProgress?.(`${events} events: ${source.name}`);
    for (const [variant, slots] of await measureCase(database, source, events, options)) {
      const micros = median(slots.map(({ operationsPerSecond }) => 1e6 / operationsPerSecond));
      points.push({ events, case: source.name, variant, micros });
    }
  }
  return points;
};

const measureCase = async (
  database: BenchmarkDatabase,
  source: CaseSource,
  events: number,
  { repetitions, slotMs, warmUp: warming }: GrowthOptions,
): Promise<readonly (readonly [string, readonly Slot[]])[]> => {
  const volume: Volume = {
    body: 0,
    readers: Math.min(1_000, events),
    listed: 0,
    writersPerWorker: 100,
    streams: 1,
    topicEvents: events,
    replayEvents: events,
  };
  const { floor, variants } = await source.prepare(database, volume);
  await vacuum(database.pool);
  const compared = variants.filter((variant) => variant === floor || variant.name === "annals");
  // A replay of everything is long enough to be its own warm-up.
  if (source !== replayCase) await warmUp(compared, 1, warming);
  const isLong = source === replayCase && events > REPLAYS_REPEATED_MAX;
  const measured = await interleave(compared, {
    ...{ connections: 1, slotMs, repetitions: isLong ? 1 : repetitions },
  });
  return compared.map((variant) => [variant.name, measured.get(variant) ?? []] as const);
};

/** On a connection that others may have left a limit of time on. */
const vacuum = async (pool: pg.Pool): Promise<void> => {
  const client = await pool.connect();
  try {
    await client.query("set statement_timeout = 0");
    await client.query("vacuum analyze");
  } finally {
    client.release(true);
  }
};

/** The points as text for a terminal: a line for each case and variant, a column for each size. */
export const growthText = (points: readonly GrowthPoint[]): string => {
  const sizes = [...new Set(points.map(({ events }) => events))];
  const lines = new Map<string, string[]>();
  for (const { case: name, variant, micros } of points) {
    const key = `${name}: ${variant}`;
    const text = micros.toFixed(micros < 10 ? 2 : 0).padStart(12);
    lines.set(key, [...(lines.get(key) ?? []), text]);
  }
  const title = `${"µs for one operation, events:".padEnd(46)}${sizes.map((size) => size.toString().padStart(12)).join("")}`;
  return [title, ...[...lines].map(([key, texts]) => `${key.padEnd(46)}${texts.join("")}`)].join(
    "\n",
  );
};
