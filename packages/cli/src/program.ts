import { Command, InvalidArgumentError, Option } from "commander";
import { checkCommand } from "./commands/check.ts";
import {
  CommandContext,
  type GlobalOptions,
  type Surroundings,
} from "./commands/command-context.ts";
import { diffCommand } from "./commands/diff.ts";
import { generateCommand } from "./commands/generate.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { rebuildCommand } from "./commands/rebuild.ts";
import { showCommand } from "./commands/show.ts";
import { verifyCommand } from "./commands/verify.ts";

/** Takes the exit code of the command that ran. */
type Finish = (exitCode: number) => void;

/** The commands with their options; each action opens a context of its own. */
export const buildProgram = (surroundings: Surroundings, finish: Finish): Command => {
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
  const run =
    <Words extends unknown[]>(
      action: (context: CommandContext, ...words: Words) => Promise<number>,
    ) =>
    async (...words: unknown[]): Promise<void> => {
      // Commander passes the command itself last.
      const given = words.slice(0, -1) as Words;
      const options = program.opts<GlobalOptions>();
      finish(await action(new CommandContext(surroundings, options), ...given));
    };

  addSchemaCommands(program, run);
  addInspectionCommands(program, run);
  return program;
};

type Run = <Words extends unknown[]>(
  action: (context: CommandContext, ...words: Words) => Promise<number>,
) => (...words: unknown[]) => Promise<void>;

const addSchemaCommands = (program: Command, run: Run): void => {
  program
    .command("generate")
    .description("write the migration that the definitions need")
    .option("--name <name>", "the file's name, without its number")
    .option("--drop <what...>", "allow that an entity, a column or an event goes: user.nick")
    .option("--change <what...>", "allow that a column's type changes: user.age")
    .option("--dry-run", "print the SQL and write nothing")
    .addOption(
      new Option("--format <format>", "plain SQL, or a module for Kysely")
        .choices(["sql", "kysely"])
        .default("sql"),
    )
    .action(run(generateCommand));
  program
    .command("migrate")
    .description("apply the framework's migrations and the project's")
    .option("--dry-run", "print the SQL and apply nothing")
    .option("--out-of-order", "also apply files that come before applied ones")
    .action(run(migrateCommand));
  program
    .command("check")
    .description("compare the definitions with the database")
    .action(run(checkCommand));
  program
    .command("verify [entity...]")
    .description("fold the events and compare with the index rows")
    .option("--sample <part>", "look at a part of the entities, such as 0.01", fraction)
    .addOption(batchSize)
    .addOption(concurrency)
    .action(run(verifyCommand));
  program
    .command("rebuild [entity...]")
    .description("make the index rows what the events fold into")
    .option("--restart", "begin anew instead of going on where it was stopped")
    .addOption(batchSize)
    .addOption(concurrency)
    .action(run(rebuildCommand));
};

const addInspectionCommands = (program: Command, run: Run): void => {
  program
    .command("show <entity> [id...]")
    .description("state, index row and history: show user <id>, show user --email <value>")
    .option("--as-of <when>", "as it was at a version or a time")
    .option("--last <count>", "how many of the newest events (default: 20)", whole(1, 1000))
    .allowUnknownOption()
    .action(run(showCommand));
  program
    .command("diff <entity> <id> <from> [to]")
    .description("what changed between two versions or times")
    .action(run(diffCommand));
};

const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

const fraction = (text: string): number => {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Give a number above 0, up to 1.");
};

const batchSize = new Option(
  "--batch-size <count>",
  "entities read at once (default: 500)",
).argParser(whole(1, 10_000));
const concurrency = new Option("--concurrency <count>", "batches at a time (default: 4)").argParser(
  whole(1, 32),
);
