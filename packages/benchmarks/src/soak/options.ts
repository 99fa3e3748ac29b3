import { parseArgs } from "node:util";
import type { SoakOptions } from "./soak-options.ts";

export const USAGE = `pnpm soak [options]

Writes many events at a steady rate while two consumers follow, one in the process that writes and one
in a process of its own over several slots; then compares what each of them handled with what is stored:
every event exactly once, and those of one entity in order. It ends by itself.

  --events N         how many events; default is 10000000
  --rate R           how many a second; 0 for as many as can be. Default is 3000
  --writers N        how many write at a time, a hundred events in each statement; default is 4
  --slots N          over how many slots the consumer in its own process is spread; default is 4
  --entities N       how many entities are written to at a time, fifty events each; default is 1000
  --sample SECONDS   how much time is between two looks at memory; default is 10
  --json FILE        also write the report as JSON
  --help

The exit code is 1 when an event is left out, doubled, out of order or another one, and when the memory
of a process grows. With DATABASE_URL, a database is created on that server and dropped at the end.
Otherwise a server is started, with every commit flushed to disk.
`;

export type SoakCommand =
  | { readonly kind: "help" }
  | {
      readonly kind: "soak";
      readonly options: SoakOptions;
      readonly jsonFile: string | undefined;
    };

/** @throws Error with a sentence for the user. */
export const parseSoakCommand = (args: readonly string[]): SoakCommand => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: "string", default: "10000000" },
      rate: { type: "string", default: "3000" },
      writers: { type: "string", default: "4" },
      slots: { type: "string", default: "4" },
      entities: { type: "string", default: "1000" },
      sample: { type: "string", default: "10" },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  const whole = (name: "events" | "rate" | "writers" | "slots" | "entities", least: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least && value <= 1e9) return value;
    throw new Error(`--${name} takes whole numbers from ${least}, not "${values[name]}"`);
  };
  const seconds = Number(values.sample);
  if (!(seconds > 0)) throw new Error(`--sample takes seconds above 0, not "${values.sample}"`);
  return {
    kind: "soak",
    options: {
      events: whole("events", 1),
      offeredPerSecond: whole("rate", 0),
      writers: whole("writers", 1),
      slots: whole("slots", 1),
      entities: whole("entities", 1),
      sampleMs: seconds * 1_000,
      quietMs: 60_000,
    },
    jsonFile: values.json,
  };
};
