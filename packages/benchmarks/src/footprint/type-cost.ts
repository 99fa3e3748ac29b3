import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What checking definitions and their use costs the compiler, beyond what importing the package costs. */
export interface TypeCost {
  readonly entities: number;
  readonly instantiations: number;
  readonly milliseconds: number;
  readonly megabytes: number;
}

const root = join(import.meta.dirname, "../../../..");

/** Type-checks projects with so many entities of five events, each with a repository that is used. */
export const typeCosts = async (counts: readonly number[]): Promise<readonly TypeCost[]> => {
  // Below the package, so that its dependencies are found.
  const parent = join(import.meta.dirname, "../../node_modules/.cache");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "type-cost-"));
  try {
    const empty = await check(folder, 0);
    const costs: TypeCost[] = [];
    for (const entities of counts) {
      const { instantiations, milliseconds, megabytes } = await check(folder, entities);
      costs.push({
        entities,
        instantiations: instantiations - empty.instantiations,
        milliseconds: milliseconds - empty.milliseconds,
        megabytes: megabytes - empty.megabytes,
      });
    }
    return costs;
  } finally {
    await rm(folder, { recursive: true });
  }
};

type Diagnostics = Omit<TypeCost, "entities">;

const check = async (folder: string, entities: number): Promise<Diagnostics> => {
  const files = Array.from({ length: entities }, (_, n) => `entity${n}.ts`);
  for (const [n, file] of files.entries()) await writeFile(join(folder, file), entityFile(n));
  await writeFile(
    join(folder, "imports.ts"),
    `${HEADER}export { alreadyApplied, createRepository, defineEntity, reject, z };\n`,
  );
  const project = join(folder, `tsconfig.${entities}.json`);
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { composite: false, incremental: false, noEmit: true, types: ["node"] },
    files: ["imports.ts", ...files],
  };
  await writeFile(project, JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  // One thread, so that times can be compared.
  const options = ["-p", project, "--extendedDiagnostics", "--singleThreaded"];
  const { stdout } = await promisify(execFile)(tsc, options);
  return {
    instantiations: figure(stdout, /^Instantiations:\s+(\d+)/m),
    milliseconds: figure(stdout, /^Check time:\s+([\d.]+)s/m) * 1_000,
    megabytes: figure(stdout, /^Memory used:\s+(\d+)K/m) / 1_024,
  };
};

const figure = (text: string, pattern: RegExp): number => {
  const [, value] = pattern.exec(text) ?? [];
  if (value === undefined) throw new Error(`The compiler printed nothing like ${pattern}`);
  return Number(value);
};

const HEADER = `import { alreadyApplied, defineEntity, reject } from "@annals/core";
import { createRepository } from "@annals/kysely-adapter";
import * as z from "zod";
`;

const entityFile = (n: number): string => `${HEADER}import type { Kysely } from "kysely";

export const Entity${n} = defineEntity({
  name: "entity${n}",
  schema: z.object({ email: z.email(), name: z.string(), count: z.int(), status: z.enum(["active", "closed"]) }),
  events: {
    Opened: z.object({ email: z.email(), name: z.string() }),
    Renamed: z.object({ name: z.string() }),
    EmailChanged: z.object({ email: z.email() }),
    Counted: z.object({ by: z.int(), reason: z.string().optional() }),
    Closed: z.object({ reason: z.string() }),
  },
  create: (input: { email: string; name: string }) => ({ type: "Opened", ...input }),
  evolve: {
    Opened: (_, { email, name }) => ({ email, name, count: 0, status: "active" }),
    Renamed: (state, { name }) => ({ ...state, name }),
    EmailChanged: (state, { email }) => ({ ...state, email }),
    Counted: (state, { by }) => ({ ...state, count: state.count + by }),
    Closed: (state) => ({ ...state, status: "closed" }),
  },
  commands: {
    rename: ({ state }, name: string) => (state.name === name ? alreadyApplied : { type: "Renamed", name }),
    changeEmail: ({ state }, email: string) =>
      state.status === "closed" ? reject("closed") : { type: "EmailChanged", email },
    count: (_, by: number) => ({ type: "Counted", by }),
    close: ({ state }, reason: string) =>
      state.status === "closed" ? alreadyApplied : { type: "Closed", reason },
  },
  index: { email: { unique: true, normalize: (email) => email.toLowerCase() }, status: {}, count: {} },
});

export const use${n} = async (db: Kysely<unknown>): Promise<number> => {
  const entities = createRepository(Entity${n}, { db });
  const made = await entities.create({ email: "a@example.com", name: "A" });
  made.rename("B");
  await entities.update(made);
  const { items } = await entities.list({ where: { status: "active" }, orderBy: "count", first: 10 });
  return items.reduce((sum, { state }) => sum + state.count, (await entities.findByEmail("a")).version);
};
`;
