import { readFile } from "node:fs/promises";
import { CliError } from "../cli-error.ts";

type Section = Readonly<Record<string, string>>;

interface PackageJson {
  readonly version?: string;
  readonly scripts?: Section;
  readonly dependencies?: Section;
  readonly devDependencies?: Section;
  readonly peerDependencies?: Section;
  readonly [key: string]: unknown;
}

/** What a project needs in its package.json, in the versions that belong to this command line. */
const needed = async () => {
  const own: PackageJson = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  const annals = `^${own.version}`;
  return {
    scripts: {
      start: "node src/main.ts",
      test: "node --test",
      generate: "annals generate",
      migrate: "annals migrate",
      check: "tsc && annals check",
    },
    dependencies: {
      "@annals/core": annals,
      "@annals/kysely-adapter": annals,
      ...own.peerDependencies,
    },
    devDependencies: {
      "@annals/cli": annals,
      "@annals/testing": annals,
      "@types/node": "^24.0.0",
      "@types/pg": "^8.15.0",
      typescript: ">=5.9.0",
    },
  };
};

/**
 * A package.json with what a project needs: a new one, or one that is there with what it has not yet.
 * Nothing that it has is changed.
 *
 * @throws CliError for one that cannot be read.
 */
export const packageText = async (name: string, present: string | undefined): Promise<string> => {
  const before = present === undefined ? { name, private: true, type: "module" } : parsed(present);
  const { scripts, dependencies, devDependencies } = await needed();
  const has = { ...before.dependencies, ...before.devDependencies };
  const after = {
    ...before,
    scripts: added(before.scripts, scripts, {}),
    dependencies: added(before.dependencies, dependencies, has),
    devDependencies: added(before.devDependencies, devDependencies, has),
  };
  if (present !== undefined && JSON.stringify(before) === JSON.stringify(after)) return present;
  return `${JSON.stringify(after, null, 2)}\n`;
};

const parsed = (text: string): PackageJson => {
  try {
    return JSON.parse(text) as PackageJson;
  } catch (cause) {
    throw new CliError("package.json is no JSON", "Mend it first.", { cause });
  }
};

const added = (before: Section | undefined, wanted: Section, has: Section): Section => ({
  ...before,
  ...Object.fromEntries(
    Object.entries(wanted).filter(([key]) => !Object.hasOwn({ ...before, ...has }, key)),
  ),
});
