import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

// What a definition costs the compiler: type instantiations beyond those of importing the package, and
// the size of the declarations it emits. Raise a ceiling only in the commit that raises the cost.

const root = join(import.meta.dirname, "../../..");
// Below the package, so that its dependencies are found, and where nothing else looks.
const parent = join(root, "packages/core/node_modules/.cache");
await mkdir(parent, { recursive: true });
const folder = await mkdtemp(join(parent, "definition-cost-"));
afterAll(() => rm(folder, { recursive: true }));

const HEADER = `import { alreadyApplied, defineEntity, reject } from "../../../src/index.ts";
import * as z from "zod";
`;

const numbered = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(",\n");

const entityWith = (events: number, name = "big"): string => `
export const ${name} = defineEntity({
  name: "${name}",
  schema: z.object({ ${numbered(12, (n) => `f${n}: z.string()`)}, count: z.number() }),
  events: {
    Created: z.object({ ${numbered(12, (n) => `f${n}: z.string()`)} }),
    ${numbered(events - 1, (n) => `E${n}: z.object({ a: z.string(), b${n}: z.number(), c: z.enum(["x", "y"]) })`)}
  },
  create: (input: { f0: string }) => ({ type: "Created", ${numbered(12, (n) => `f${n}: input.f0`)} }),
  evolve: {
    Created: (_, { type: _type, ...fields }) => ({ ...fields, count: 0 }),
    ${numbered(events - 1, (n) => `E${n}: (state, { a, b${n} }) => ({ ...state, f${n % 12}: a, count: state.count + b${n} })`)}
  },
  commands: {
    ${numbered(events - 1, (n) => `c${n}: ({ state }, a: string) => state.count > ${n} ? alreadyApplied : a === "" ? reject("empty") : { type: "E${n}", a, b${n}: 1, c: "x" }`)}
  },
  index: { f0: { unique: true, normalize: (value) => value.trim() }, f1: {}, count: {} },
});
`;

const compile = async (name: string, source: string) => {
  await writeFile(join(folder, `${name}.ts`), HEADER + source);
  const compilerOptions = {
    composite: false,
    incremental: false,
    declaration: true,
    emitDeclarationOnly: true,
    noEmit: false,
    rootDir: root,
    outDir: join(folder, "out"),
    lib: ["es2024", "dom"],
    noUnusedLocals: false,
  };
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions,
    files: [join(folder, `${name}.ts`)],
  };
  const project = join(folder, `tsconfig.${name}.json`);
  await writeFile(project, JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { stdout } = await promisify(execFile)(tsc, ["-p", project, "--extendedDiagnostics"]);
  const [, instantiations] = /^Instantiations:\s+(\d+)/m.exec(stdout) ?? [];
  const declarations = join(folder, "out", relative(root, folder), `${name}.d.ts`);
  return { instantiations: Number(instantiations), bytes: (await stat(declarations)).size };
};

describe("the cost of definitions for the compiler", async () => {
  const base = await compile(
    "base",
    "export const used = [alreadyApplied, defineEntity, reject, z];",
  );
  const cost = async (name: string, source: string) => {
    const { instantiations, bytes } = await compile(name, source);
    return { instantiations: instantiations - base.instantiations, bytes };
  };

  it("stays low for one entity with four events", async () => {
    const { instantiations, bytes } = await cost("one", entityWith(4));
    expect(instantiations).toBeLessThan(12_000);
    expect(bytes).toBeLessThan(2_500);
  });

  it("stays below 100,000 instantiations and 40 kB of declarations for fifty events", async () => {
    const { instantiations, bytes } = await cost("fifty_events", entityWith(50));
    expect(instantiations).toBeLessThan(100_000);
    expect(bytes).toBeLessThan(40_000);
  });

  it("grows with the number of entities, not faster", async () => {
    const entities = Array.from({ length: 50 }, (_, n) => entityWith(4, `entity${n}`)).join("\n");
    const { instantiations } = await cost("fifty_entities", entities);
    expect(instantiations).toBeLessThan(50 * 12_000);
  });
});
