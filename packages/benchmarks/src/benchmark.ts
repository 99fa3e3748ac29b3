import { arch, availableParallelism, cpus, loadavg, platform } from "node:os";
import type pg from "pg";
import type { BenchmarkCase, CaseSource, Volume } from "./cases/benchmark-case.ts";
import { type Condition, conditionText, underCondition } from "./conditions/condition.ts";
import { type BenchmarkDatabase, describeServer, openDatabase } from "./database.ts";
import { interleave, type Slot, type Variant, type WarmUp, warmUp } from "./measure/interleave.ts";
import { median, medianRatio, quantile } from "./measure/statistics.ts";
import { seedBody } from "./tables.ts";

export interface BenchmarkOptions {
  readonly cases: readonly CaseSource[];
  readonly connections: readonly number[];
  readonly repetitions: number;
  readonly slotMs: number;
  readonly warmUp: WarmUp;
  readonly volume: Volume;
  /** Told what begins. */
  readonly onProgress?: (line: string) => void;
}

/** What was measured of one variant at one number of connections. */
export interface Measurement {
  readonly connections: number;
  readonly operationsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ofFloor: number;
  readonly cpuMicros: number;
}

export interface VariantReport {
  readonly name: string;
  readonly isFloor: boolean;
  readonly measurements: readonly Measurement[];
}

export interface CaseReport {
  readonly name: string;
  /** Under which condition it ran. */
  readonly condition: string;
  readonly unit: string;
  readonly variants: readonly VariantReport[];
}

export interface Report {
  /** The server, the process and the machine that the numbers belong to. */
  readonly environment: readonly string[];
  readonly repetitions: number;
  readonly slotMs: number;
  readonly cases: readonly CaseReport[];
}

/** Runs the cases on an empty database, one after the other, under one condition. */
export const benchmark = (
  directly: string,
  condition: Condition,
  options: BenchmarkOptions,
): Promise<Report> =>
  underCondition(directly, condition, (connectionString) =>
    runCases(connectionString, conditionText(condition), options),
  );

const runCases = async (
  connectionString: string,
  condition: string,
  options: BenchmarkOptions,
): Promise<Report> => {
  const database = await openDatabase(connectionString, Math.max(...options.connections));
  try {
    await seedBody(database.pool, options.volume.body);
    const environment = await describeEnvironment(database.pool);
    const cases: CaseReport[] = [];
    for (const source of options.cases) {
      cases.push({ ...(await runCase(database, source, options)), condition });
    }
    return { environment, repetitions: options.repetitions, slotMs: options.slotMs, cases };
  } finally {
    await database.close();
  }
};

/** The server, the process and the machine. */
export const describeEnvironment = async (pool: pg.Pool): Promise<readonly string[]> => [
  ...(await describeServer(pool)),
  ...describeMachine(),
];

const describeMachine = (): readonly string[] => [
  `Node ${process.version}`,
  `${availableParallelism()} processors (${cpus()[0]?.model ?? "unknown"}, ${platform()} ${arch()})`,
  `load average ${loadavg()[0]?.toFixed(1)} at the start`,
];

const runCase = async (
  database: BenchmarkDatabase,
  source: CaseSource,
  options: BenchmarkOptions,
): Promise<Omit<CaseReport, "condition">> => {
  options.onProgress?.(`${source.name}: filling tables`);
  const { floor, variants } = await source.prepare(database, options.volume);
  // Plans are made for full tables and kept; without statistics some would scan them.
  await database.pool.query("vacuum analyze");
  const connections = source.oneConnection ? [1] : options.connections;
  const { repetitions, slotMs } = options;
  options.onProgress?.(`${source.name}: warming up`);
  await warmUp(variants, Math.max(...connections), options.warmUp);
  const measured = new Map<number, Measured>();
  for (const count of connections) {
    options.onProgress?.(`${source.name}: ${variants.length} variants, ${count} connections`);
    measured.set(count, await interleave(variants, { connections: count, repetitions, slotMs }));
  }
  return report(source, { name: source.name, floor, variants }, measured);
};

type Measured = ReadonlyMap<Variant, readonly Slot[]>;

const report = (
  { name, unit }: CaseSource,
  { floor, variants }: BenchmarkCase,
  measured: ReadonlyMap<number, Measured>,
): Omit<CaseReport, "condition"> => ({
  name,
  unit,
  variants: variants.map((variant) => ({
    name: variant.name,
    isFloor: variant === floor,
    measurements: [...measured].map(([connections, slots]) =>
      summarise(connections, slots.get(variant) ?? [], slots.get(floor) ?? []),
    ),
  })),
});

const summarise = (
  connections: number,
  slots: readonly Slot[],
  floor: readonly Slot[],
): Measurement => {
  const rates = slots.map((slot) => slot.operationsPerSecond);
  const latencies = slots.flatMap((slot) => slot.latenciesMs);
  return {
    connections,
    operationsPerSecond: median(rates),
    p50Ms: median(latencies),
    p99Ms: quantile(latencies, 0.99),
    ofFloor: medianRatio(
      rates,
      floor.map((slot) => slot.operationsPerSecond),
    ),
    cpuMicros: median(slots.map((slot) => slot.cpuMicros)),
  };
};
