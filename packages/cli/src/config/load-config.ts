import { access } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AnnalsError, type AnyEntity, type AnyPublishedTopic } from "@annals/core";
import { parentsFirst } from "@annals/core/adapter";
import { CliError } from "../cli-error.ts";
import { checkedConfig } from "./checked-config.ts";
import type { AnnalsConfig } from "./define-config.ts";

const DEFAULT_FILES = [
  "annals.config.ts",
  "annals.config.mts",
  "annals.config.js",
  "annals.config.mjs",
];

/** A configuration with its defaults filled in. */
export interface LoadedConfig {
  readonly file: string;
  readonly entities: readonly AnyEntity[];
  readonly topics: readonly AnyPublishedTopic[];
  readonly projections: AnnalsConfig["projections"];
  readonly database: AnnalsConfig["database"];
  readonly keys: AnnalsConfig["keys"];
  readonly schema: string;
  /** An absolute path. */
  readonly migrations: string;
  readonly application: string;
}

/**
 * Loads the project's configuration. TypeScript is run by Node itself, which takes its types away and
 * nothing else.
 *
 * @throws CliError when there is none, or it cannot be run, or it exports something else.
 */
export const loadConfig = async (
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  given: string | undefined,
): Promise<LoadedConfig> => {
  const file = await findConfig(cwd, given);
  const config = await importConfig(file);
  return {
    file,
    entities: parentsFirst(config.entities),
    topics: config.topics ?? [],
    projections: config.projections,
    database: config.database ?? env.DATABASE_URL,
    keys: config.keys,
    schema: config.schema ?? "public",
    migrations: resolve(dirname(file), config.migrations ?? "migrations"),
    application: config.application ?? "app",
  };
};

const findConfig = async (cwd: string, given: string | undefined): Promise<string> => {
  for (const name of given === undefined ? DEFAULT_FILES : [given]) {
    const file = resolve(cwd, name);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  throw new CliError(
    given === undefined ? `There is no annals.config.ts in ${cwd}` : `There is no file ${given}`,
    "Create one with annals init, or name it with --config.",
  );
};

const importConfig = async (file: string): Promise<AnnalsConfig> => {
  const module: { default?: unknown } = await import(pathToFileURL(file).href).catch(
    (cause: Error) => {
      throw new CliError(`${file} could not be loaded: ${cause.message}`, loadHint(cause), {
        cause,
      });
    },
  );
  return checkedConfig(file, module.default);
};

const loadHint = (cause: Error & { readonly code?: string }): string => {
  if (cause instanceof AnnalsError && cause.hint !== undefined) return cause.hint;
  return cause.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
    ? "Node takes types away and does no more: write no enum, namespace or parameter property (erasableSyntaxOnly)."
    : "It is run by Node as it is: check its imports and their extensions.";
};
