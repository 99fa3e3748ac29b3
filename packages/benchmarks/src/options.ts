import { parseArgs } from "node:util";
import type { BenchmarkOptions } from "./benchmark.ts";
import { allCases, mainCases } from "./cases/all-cases.ts";
import type { Condition } from "./conditions/condition.ts";
import type { GrowthOptions } from "./growth/growth.ts";

export const USAGE = `pnpm bench [options]

  --quick               fewer and shorter repetitions: a first look, not a result
  --case NAME           only this case; may be repeated: ${allCases.map(({ name }) => name).join(", ")}
  --connections LIST    how many connections at a time; default is 1,8,32
  --direct              nothing between the benchmark and the server but what is there
  --round-trip MS       with so much added to every round trip; may be repeated
  --flush MS            with so much added to every flush of the log; may be repeated
  --json FILE           also write the report as JSON
  --growth LIST         what operations cost with so many events there: 10000,100000,1000000
  --footprint           allocations, start-up, installed size and type-checking
  --layers              measure the layers in this process alone, without a database
  --help

Without --direct, --round-trip and --flush, every case runs directly, and the main ones also with round
trips of + 0.25 and + 1 ms and with flushes of + 1 ms.

With DATABASE_URL, databases are created on that server and dropped at the end; its settings are
printed and stay as they are. Otherwise a server is started, with every commit flushed to disk.
`;

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "layers" }
  | { readonly kind: "footprint"; readonly jsonFile: string | undefined }
  | {
      readonly kind: "growth";
      readonly options: GrowthOptions;
      readonly jsonFile: string | undefined;
    }
  | {
      readonly kind: "benchmark";
      readonly rounds: readonly Round[];
      readonly jsonFile: string | undefined;
    };

/** One condition, and what is measured under it. */
export interface Round {
  readonly condition: Condition;
  readonly options: BenchmarkOptions;
}

const THOROUGH = { repetitions: 9, slotMs: 200, warmUp: { runs: 10_000, maxMs: 3_000 } };
const QUICK = { repetitions: 3, slotMs: 100, warmUp: { runs: 2_000, maxMs: 1_000 } };
const VOLUME = {
  body: 20_000,
  readers: 1_000,
  listed: 1_000_000,
  writersPerWorker: 8,
  streams: 500,
  topicEvents: 50_000,
  replayEvents: 1_000_000,
};

/** @throws Error with a sentence for the user. */
export const parseCommand = (args: readonly string[]): Command => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      case: { type: "string", multiple: true, default: [] },
      direct: { type: "boolean", default: false },
      "round-trip": { type: "string", multiple: true, default: [] },
      flush: { type: "string", multiple: true, default: [] },
      connections: { type: "string", default: "1,8,32" },
      json: { type: "string" },
      growth: { type: "string" },
      footprint: { type: "boolean", default: false },
      layers: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  if (values.layers) return { kind: "layers" };
  const pace = values.quick ? QUICK : THOROUGH;
  const jsonFile = values.json;
  if (values.footprint) return { kind: "footprint", jsonFile };
  if (values.growth !== undefined) {
    const sizes = values.growth.split(",").map(eventCount);
    return { kind: "growth", options: { sizes, ...pace, repetitions: 3 }, jsonFile };
  }
  const asked = values.case.map(caseNamed);
  const connections = values.connections.split(",").map(connectionCount);
  const rounds = conditions(values).map((condition): Round => {
    const isDirect = condition.kind === "direct";
    const cases = asked.length > 0 ? asked : isDirect ? allCases : mainCases;
    const body = values.quick ? { ...VOLUME, replayEvents: 100_000 } : VOLUME;
    const volume = isDirect ? body : { ...body, streams: 100 };
    return { condition, options: { cases, connections, volume, ...pace } };
  });
  return { kind: "benchmark", rounds, jsonFile };
};

const DEFAULT_CONDITIONS: readonly Condition[] = [
  { kind: "direct" },
  { kind: "round-trip", ms: 0.25 },
  { kind: "round-trip", ms: 1 },
  { kind: "flush", ms: 1 },
];

const conditions = (values: {
  readonly direct: boolean;
  readonly "round-trip": readonly string[];
  readonly flush: readonly string[];
}): readonly Condition[] => {
  const asked: readonly Condition[] = [
    ...(values.direct ? [{ kind: "direct" } as const] : []),
    ...values["round-trip"].map((ms) => ({ kind: "round-trip", ms: delay(ms) }) as const),
    ...values.flush.map((ms) => ({ kind: "flush", ms: delay(ms) }) as const),
  ];
  return asked.length > 0 ? asked : DEFAULT_CONDITIONS;
};

const delay = (text: string): number => {
  const ms = Number(text);
  if (ms > 0 && ms <= 100) return ms;
  throw new Error(`"${text}" is not a number of milliseconds up to 100`);
};

const caseNamed = (name: string): (typeof allCases)[number] => {
  const found = allCases.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = allCases.map((one) => one.name).join(", ");
  throw new Error(`There is no case "${name}"; the cases are ${known}`);
};

const eventCount = (text: string): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 10 && count <= 1e8) return count;
  throw new Error(`"${text}" is not a number of events from 10 to 100000000`);
};

const connectionCount = (text: string): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
  throw new Error(`"${text}" is not a number of connections from 1 to 100`);
};
