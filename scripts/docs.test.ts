import { access, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pages, refresh } from "./docs.ts";

const root = join(import.meta.dirname, "..");
const read = (page: string) => readFile(join(root, page), "utf8");

describe.each(await pages())("%s", (page) => {
  it("shows only code that comes from files as they are (node scripts/docs.ts fills it in)", async () => {
    const { text, problems } = await refresh(page);
    expect(problems).toEqual([]);
    expect(await read(page)).toBe(text);
  });

  it("links to files that exist", async () => {
    const links = [...(await read(page)).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
    for (const [, target = ""] of links) {
      await expect(access(join(root, dirname(page), target)), target).resolves.toBeUndefined();
    }
  });
});

describe("docs/reference/errors.md", async () => {
  const text = await read("docs/reference/errors.md");
  const documented = [...text.matchAll(/`(ANNALS_[A-Z_]+)`/g)].map(([, code]) => code);
  const folder = "packages/core/src/errors";
  const files = (await readdir(join(root, folder))).filter((file) => file.endsWith("-errors.ts"));
  const sources = await Promise.all(files.map((file) => read(join(folder, file))));
  const thrown = [...sources.join("\n").matchAll(/readonly code = "(ANNALS_[A-Z_]+)"/g)];

  it("names every code, and no other", () => {
    expect(new Set(documented)).toEqual(new Set(thrown.map(([, code]) => code)));
  });

  it("names every class that is exported", () => {
    for (const [, name] of sources.join("\n").matchAll(/export class (\w+Error) /g)) {
      expect(text).toContain(`\`${name}\``);
    }
  });
});
