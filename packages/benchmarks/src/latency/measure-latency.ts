import { describeEnvironment } from "../benchmark.ts";
import { type ConnectedDatabase, connect } from "../connected-database.ts";
import { openDatabase } from "../database.ts";
import { measureAppendRates } from "./append-rates.ts";
import { measureClosedLoads } from "./closed-loads.ts";
import type { LatencyOptions } from "./latency-options.ts";
import { measureLiveRates } from "./live-rates.ts";
import { measureOfferedLoad } from "./offered-load.ts";
import type { LatencyReport } from "./report.ts";
import { measureTableSizes } from "./table-sizes.ts";

export type CreateDatabase = () => Promise<{ readonly connectionString: string }>;

type Part = keyof Pick<LatencyReport, "closed" | "offered" | "sizes" | "appending" | "live">;

const ON_ONE_DATABASE = {
  closed: measureClosedLoads,
  offered: measureOfferedLoad,
  appending: measureAppendRates,
  live: measureLiveRates,
} as const;

/** The parts that can be asked for by name. */
export const LATENCY_PARTS: readonly Part[] = ["closed", "offered", "sizes", "appending", "live"];

/** Measures those parts, one after the other, each on databases of its own. */
export const measureLatency = async (
  createDatabase: CreateDatabase,
  parts: readonly string[],
  options: LatencyOptions,
): Promise<LatencyReport> => {
  const open = () => migrated(createDatabase);
  const { forMs, repetitions } = options;
  const environment = await onOne(open, ({ pool }) => describeEnvironment(pool));
  let report: LatencyReport = { environment, forMs, repetitions };
  for (const part of LATENCY_PARTS.filter((name) => parts.includes(name))) {
    const found =
      part === "sizes"
        ? await measureTableSizes(open, options)
        : await onOne<unknown>(open, (database) => ON_ONE_DATABASE[part](database, options));
    report = { ...report, [part]: found };
  }
  return report;
};

const onOne = async <Result>(
  open: () => Promise<ConnectedDatabase>,
  measure: (database: ConnectedDatabase) => Promise<Result>,
): Promise<Result> => {
  const database = await open();
  return measure(database).finally(database.close);
};

const migrated = async (createDatabase: CreateDatabase): Promise<ConnectedDatabase> => {
  const { connectionString } = await createDatabase();
  const making = await openDatabase(connectionString, 1);
  await making.close();
  return connect(connectionString);
};
