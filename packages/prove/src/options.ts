import { parseArgs } from "node:util";
import { comparedDrivers, driverNamed } from "./all-drivers.ts";
import type { Driver } from "./driver.ts";
import type { Phase } from "./phases/phase.ts";
import { allPhases, WRITERS } from "./prove.ts";

export const USAGE = `pnpm prove [options]

  --events N       about how many events each store is given, default 20,000
  --writers N      how many write at once, on twice as many streams; default ${WRITERS}
  --seed N         decides what happens when, as far as timing lets it; default 1
  --driver NAME    only this one; may be repeated: ${comparedDrivers.map(({ name }) => name).join(", ")}
                   or one that is wrong on purpose: doubles, inverts, invents, loses, overwrites, forgets, all-wrong
  --phase NAME     only this one; may be repeated: ${allPhases.map(({ name }) => `"${name}"`).join(", ")}
  --json FILE      also write the results as JSON
  --help

Each store gets a server of its own, which is crashed: the bundled PostgreSQL, or the binaries in the folder that
POSTGRES_BINARIES names. PgBouncer is looked for on the path, or as PGBOUNCER.
`;

export interface Command {
  readonly isHelp: boolean;
  readonly drivers: readonly Driver[];
  readonly events: number;
  readonly writers: number;
  readonly seed: number;
  readonly phases: readonly Phase[];
  readonly jsonFile: string | undefined;
}

/** @throws Error with a sentence for the user. */
export const parseCommand = (args: readonly string[]): Command => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      events: { type: "string", default: "20000" },
      writers: { type: "string", default: String(WRITERS) },
      seed: { type: "string", default: "1" },
      driver: { type: "string", multiple: true, default: [] },
      phase: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return {
    isHelp: values.help,
    drivers: values.driver.length === 0 ? comparedDrivers : values.driver.map(driverNamed),
    events: wholeNumber("--events", values.events),
    writers: wholeNumber("--writers", values.writers),
    seed: wholeNumber("--seed", values.seed),
    phases: values.phase.length === 0 ? allPhases : values.phase.map(phaseNamed),
    jsonFile: values.json,
  };
};

const phaseNamed = (name: string): Phase => {
  const found = allPhases.find((phase) => phase.name === name);
  if (found !== undefined) return found;
  const known = allPhases.map((phase) => phase.name).join(", ");
  throw new Error(`There is no phase "${name}"; there are ${known}`);
};

const wholeNumber = (name: string, text: string): number => {
  const number = Number(text.replaceAll(/[_,]/g, ""));
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`${name} needs a whole number from 1, not "${text}"`);
};
