import { glob, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

// The folder tree is the flow: a file imports only from its own layer and from those before it.

const root = join(import.meta.dirname, "..");

const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [
    ...["errors", "define", "decide", "port", "transaction", "append", "read", "seal"],
    ...["repository", "publish", "consume", "erase", "memory"],
  ],
  "kysely-adapter": [
    "connection",
    "tables",
    "statements",
    "store",
    "consumers",
    "topics",
    "projections",
    "maintenance",
    "migrations",
  ],
};

const importsOf = (text: string): string[] =>
  [...text.matchAll(/^(?:import|export)\b[^;]*?from\s+"([^"]+)"/gms)].map(([, path]) => path ?? "");

const violations = async (name: string, layers: readonly string[]): Promise<string[]> => {
  const source = join(root, "packages", name, "src");
  const found: string[] = [];
  for await (const file of glob("**/*.ts", { cwd: source })) {
    if (/\.test(-d)?\.ts$/.test(file)) continue;
    const from = layers.indexOf(file.split("/")[0] ?? "");
    if (from === -1) continue;
    const path = join(source, file);
    for (const specifier of importsOf(await readFile(path, "utf8"))) {
      if (!specifier.startsWith(".")) continue;
      const target = relative(source, join(dirname(path), specifier));
      const to = layers.indexOf(target.split("/")[0] ?? "");
      if (to > from || to === -1)
        found.push(`${name}/${file} imports ${target}, which comes later`);
    }
  }
  return found;
};

describe("imports point one way", () => {
  it.each(Object.entries(LAYERS))("in %s", async (name, layers) => {
    expect(await violations(name, layers)).toEqual([]);
  });

  it("and the core imports nothing but zod", async () => {
    const source = join(root, "packages/core/src");
    for await (const file of glob("**/*.ts", { cwd: source })) {
      if (/\.test(-d)?\.ts$/.test(file)) continue;
      const foreign = importsOf(await readFile(join(source, file), "utf8")).filter(
        (specifier) => !specifier.startsWith(".") && !/^zod(\/|$)/.test(specifier),
      );
      expect(foreign, file).toEqual([]);
    }
  });
});
