import { AnnalsError, EntityNotFoundError } from "@annals/core";
import { CommanderError } from "commander";
import { CliError } from "./cli-error.ts";
import type { Surroundings } from "./commands/command-context.ts";
import { type LoadedConfig, loadConfig } from "./config/load-config.ts";
import { COMPLETE } from "./program/completion.ts";
import { buildProgram } from "./program.ts";
import { Terminal } from "./terminal/terminal.ts";

const FAILED = 2;

/**
 * Runs one command line.
 *
 * @returns the exit code: 0 for success, 1 when a check found something, 2 when the command failed.
 */
export const run = async (
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> => {
  let exitCode = 0;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const program = buildProgram(surroundings, finish, await completed(words, surroundings));
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED;
    const terminal = new Terminal(surroundings.streams, program.opts());
    if (error instanceof CliError || error instanceof AnnalsError) {
      terminal.error(error.message, hintOf(error));
      const { cause } = error;
      const isTold = !(cause instanceof Error) || error.message.includes(cause.message);
      if (error instanceof AnnalsError && !isTold) terminal.error(cause.message);
    } else {
      terminal.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    return FAILED;
  }
};

/** What helps at a terminal, where a method's name does not. */
const hintOf = (error: CliError | AnnalsError): string | undefined => {
  if (error instanceof EntityNotFoundError) {
    return `annals tail ${error.entity} lists events with their ids.`;
  }
  const { syscall } = (error.cause ?? {}) as { readonly syscall?: unknown };
  return syscall === "connect" || syscall === "getaddrinfo"
    ? "The database is the one in DATABASE_URL, unless annals.config.ts names another."
    : error.hint;
};

/** The project whose names a shell completes. Without one, commands are completed all the same. */
const completed = (
  words: readonly string[],
  surroundings: Surroundings,
): Promise<LoadedConfig | undefined> =>
  words[0] === COMPLETE
    ? loadConfig(surroundings, undefined).catch(() => undefined)
    : Promise.resolve(undefined);
