import { parseArgs } from "node:util";
import type { LatencyOptions } from "./latency-options.ts";
import { LATENCY_PARTS } from "./measure-latency.ts";

export const USAGE = `pnpm bench:latency [options]

  --part NAME        only this part; may be repeated. Default is all:
                       closed     one writer with pauses, and several at full speed
                       offered    half of what the writers bear, due at fixed times
                       sizes      one writer with pauses, in tables that were filled before
                       appending  what is appended with a consumer and without
                       live       what is handled while several write at full speed
  --slots LIST       over how many slots; default is 1,4,16
  --writers N        how many writers where it is not one; default is 8
  --sizes LIST       how many events there are before; default is 10000,100000
  --seconds S        how long each stretch lasts; default is 5
  --repetitions N    how many turns what is measured in turn has; default is 5
  --no-emmett        leave out Emmett's store and consumer
  --quick            short stretches, one slot and small tables: a first look, not a result
  --json FILE        also write the report as JSON
  --help

With DATABASE_URL, databases are created on that server and dropped at the end; its settings are
printed and stay as they are. Otherwise a server is started, with every commit flushed to disk.
`;

export type LatencyCommand =
  | { readonly kind: "help" }
  | {
      readonly kind: "latency";
      readonly parts: readonly string[];
      readonly options: LatencyOptions;
      readonly jsonFile: string | undefined;
    };

const THOROUGH = { slots: "1,4,16", seconds: "5", repetitions: "5", sizes: "10000,100000" };
const QUICK = { slots: "1", seconds: "0.5", repetitions: "1", sizes: "1000,10000" };

/** @throws Error with a sentence for the user. */
export const parseLatencyCommand = (args: readonly string[]): LatencyCommand => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: "string", multiple: true, default: [] },
      slots: { type: "string" },
      writers: { type: "string", default: "8" },
      sizes: { type: "string" },
      seconds: { type: "string" },
      repetitions: { type: "string" },
      "no-emmett": { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  const pace = values.quick ? QUICK : THOROUGH;
  const list = (name: "slots" | "sizes", max: number): readonly number[] =>
    (values[name] ?? pace[name]).split(",").map((text) => whole(`--${name}`, text, max));
  return {
    kind: "latency",
    parts: values.part.length > 0 ? values.part.map(partNamed) : LATENCY_PARTS,
    options: {
      slots: list("slots", 1_024),
      sizes: list("sizes", 1e8),
      writers: whole("--writers", values.writers, 64),
      forMs: 1_000 * positive("--seconds", values.seconds ?? pace.seconds, 3_600),
      repetitions: whole("--repetitions", values.repetitions ?? pace.repetitions, 1_000),
      withEmmett: !values["no-emmett"],
    },
    jsonFile: values.json,
  };
};

const partNamed = (name: string): string => {
  if (LATENCY_PARTS.some((part) => part === name)) return name;
  throw new Error(`There is no part "${name}"; the parts are ${LATENCY_PARTS.join(", ")}`);
};

const whole = (option: string, text: string, max: number): number => {
  const value = positive(option, text, max);
  if (Number.isInteger(value)) return value;
  throw new Error(`${option} takes whole numbers, not "${text}"`);
};

const positive = (option: string, text: string, max: number): number => {
  const value = Number(text);
  if (value > 0 && value <= max) return value;
  throw new Error(`${option} takes numbers above 0 and up to ${max}, not "${text}"`);
};
