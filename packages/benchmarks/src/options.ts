import { parseArgs } from "node:util";
import type { BenchmarkOptions } from "./benchmark.ts";
import { allCases } from "./cases/all-cases.ts";

export const USAGE = `pnpm bench [options]

  --quick               fewer and shorter repetitions: a first look, not a result
  --only CASE           only this case; may be repeated: ${allCases.map(({ name }) => name).join(", ")}
  --connections LIST    how many connections at a time, for example 1,8,32
  --json FILE           also write the report as JSON
  --layers              measure the layers in this process alone, without a database
  --help

With DATABASE_URL, databases are created on that server and dropped at the end; its settings are
printed and stay as they are. Otherwise a server is started, with every commit flushed to disk.
`;

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "layers" }
  | {
      readonly kind: "benchmark";
      readonly options: BenchmarkOptions;
      readonly jsonFile: string | undefined;
    };

const THOROUGH = { repetitions: 9, slotMs: 200, warmUp: { runs: 10_000, maxMs: 3_000 } };
const QUICK = { repetitions: 3, slotMs: 100, warmUp: { runs: 2_000, maxMs: 1_000 } };
const VOLUME = {
  body: 20_000,
  readers: 1_000,
  listed: 1_000_000,
  writersPerWorker: 8,
  topicEvents: 50_000,
};

/** @throws Error with a sentence for the user. */
export const parseCommand = (args: readonly string[]): Command => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      connections: { type: "string", default: "1,8,32" },
      json: { type: "string" },
      layers: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  if (values.layers) return { kind: "layers" };
  const cases = values.only.length === 0 ? allCases : values.only.map(caseNamed);
  const connections = values.connections.split(",").map(connectionCount);
  return {
    kind: "benchmark",
    options: { cases, connections, volume: VOLUME, ...(values.quick ? QUICK : THOROUGH) },
    jsonFile: values.json,
  };
};

const caseNamed = (name: string): (typeof allCases)[number] => {
  const found = allCases.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = allCases.map((one) => one.name).join(", ");
  throw new Error(`There is no case "${name}"; the cases are ${known}`);
};

const connectionCount = (text: string): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 100) return count;
  throw new Error(`"${text}" is not a number of connections from 1 to 100`);
};
