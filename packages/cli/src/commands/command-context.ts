import type { AnyEntity } from "@annals/core";
import { CliError } from "../cli-error.ts";
import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import { type AnyDatabase, withDatabase } from "../config/open-database.ts";
import { type Streams, Terminal } from "../terminal/terminal.ts";

/** Where the command line runs. */
export interface Surroundings {
  readonly streams: Streams;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C: long work then ends in order. */
  readonly signal: AbortSignal;
}

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly color?: boolean;
}

/** What a command works with. */
export class CommandContext {
  readonly terminal: Terminal;
  readonly #surroundings: Surroundings;
  readonly #configFile: string | undefined;

  constructor(surroundings: Surroundings, options: GlobalOptions) {
    const { streams, env } = surroundings;
    this.terminal = new Terminal(streams, { ...options, noColor: Boolean(env.NO_COLOR) });
    this.#surroundings = surroundings;
    this.#configFile = options.config;
  }

  get signal(): AbortSignal {
    return this.#surroundings.signal;
  }

  /** The folder that files are named from. */
  get cwd(): string {
    return this.#surroundings.cwd;
  }

  config(): Promise<LoadedConfig> {
    return loadConfig(this.#surroundings, this.#configFile);
  }

  async database<Result>(
    work: (db: AnyDatabase, config: LoadedConfig) => Promise<Result>,
  ): Promise<Result> {
    const config = await this.config();
    return withDatabase(config, (db) => work(db, config));
  }
}

/** The entities of these names, or all of them when no name is given. */
export const entitiesNamed = (
  { entities, file }: LoadedConfig,
  names: readonly string[],
): readonly AnyEntity[] =>
  names.length === 0
    ? entities
    : names.map((name) => {
        const found = entities.find((entity) => entity.name === name);
        if (found !== undefined) return found;
        throw new CliError(
          `There is no entity "${name}" in ${file}`,
          `The entities are ${entities.map((entity) => entity.name).join(", ") || "none yet"}.`,
        );
      });
