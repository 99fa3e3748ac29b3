import { Command } from "commander";
import {
  CommandContext,
  type GlobalOptions,
  type Surroundings,
} from "./commands/command-context.ts";
import type { LoadedConfig } from "./config/load-config.ts";
import { addCompletion } from "./program/completion.ts";
import { addConsumerCommands } from "./program/consumer-commands.ts";
import { addHistoryCommands } from "./program/history-commands.ts";
import { addInspectionCommands } from "./program/inspection-commands.ts";
import { addProjectCommands } from "./program/project-commands.ts";
import { addProjectionCommands } from "./program/projection-commands.ts";
import type { Run } from "./program/run-command.ts";
import { addSchemaCommands } from "./program/schema-commands.ts";

/** Takes the exit code of the command that ran. */
type Finish = (exitCode: number) => void;

/**
 * The commands with their options; each action opens a context of its own.
 *
 * @param config for completions alone.
 */
export const buildProgram = (
  surroundings: Surroundings,
  finish: Finish,
  config: LoadedConfig | undefined,
): Command => {
  const { streams } = surroundings;
  const program = new Command("annals")
    .description("Migrations, checks, repair and inspection for Annals.")
    .option("-c, --config <file>", "the project's configuration (default: annals.config.ts)")
    .option("--json", "write results as JSON, one value a line")
    .option("-y, --yes", "answer every question with yes")
    .option("--no-color", "write without colours")
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
    })
    .showHelpAfterError("(annals --help lists the commands)")
    .exitOverride();

  /** Runs an action with a context, and keeps its exit code. */
  const run: Run =
    <Words extends unknown[]>(
      action: (context: CommandContext, ...words: Words) => Promise<number>,
    ) =>
    async (...words) => {
      // Commander passes the command itself last.
      const given = words.slice(0, -1) as Words;
      const options = program.opts<GlobalOptions>();
      finish(await action(new CommandContext(surroundings, options), ...given));
    };

  addProjectCommands(program, run);
  addSchemaCommands(program, run);
  addInspectionCommands(program, run);
  addHistoryCommands(program, run);
  addConsumerCommands(program, run);
  addProjectionCommands(program, run);
  addCompletion(program, config);
  return program;
};
