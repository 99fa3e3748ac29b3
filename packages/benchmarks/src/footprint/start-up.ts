import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { median } from "../measure/statistics.ts";

/** What importing something adds to the start of a process. */
export interface StartUpCost {
  readonly imported: string;
  readonly ms: number;
}

const IMPORTS = [
  { imported: "pg and kysely", modules: ["pg", "kysely"] },
  { imported: "pg, kysely and zod", modules: ["pg", "kysely", "zod"] },
  {
    imported: "the same and Annals",
    modules: ["pg", "kysely", "zod", "@annals/core", "@annals/kysely-adapter"],
  },
  { imported: "emmett", modules: ["@event-driven-io/emmett-postgresql"] },
] as const;

const REPETITIONS = 7;
const here = new URL("../..", import.meta.url);

/** Starts processes in turn; the time is what the imports take inside of each. Built packages are needed. */
export const startUpCosts = async (): Promise<readonly StartUpCost[]> => {
  const times = IMPORTS.map((): number[] => []);
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    for (const [at, { modules }] of IMPORTS.entries()) times[at]?.push(await importing(modules));
  }
  return IMPORTS.map(({ imported }, at) => ({ imported, ms: median(times[at] ?? []) }));
};

const importing = async (modules: readonly string[]): Promise<number> => {
  const program = `const start = performance.now();
${modules.map((name) => `await import(${JSON.stringify(name)});`).join("\n")}
console.log(performance.now() - start);
process.exit();`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { cwd: here },
  );
  return Number(stdout);
};
