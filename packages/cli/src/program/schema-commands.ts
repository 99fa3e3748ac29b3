import { type Command, Option } from "commander";
import { checkCommand } from "../commands/check.ts";
import { generateCommand } from "../commands/generate.ts";
import { migrateCommand } from "../commands/migrate.ts";
import { rebuildCommand } from "../commands/rebuild.ts";
import { verifyCommand } from "../commands/verify.ts";
import { fraction, whole } from "./option-values.ts";
import type { Run } from "./run-command.ts";

/** What makes tables and rows as the definitions say, and proves it. */
export const addSchemaCommands = (program: Command, run: Run): void => {
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
    .description("compare the definitions with the database, and with samples of stored events")
    .option("--update-samples", "keep a stored event of every version that has no sample yet")
    .option(
      "--database",
      "read the events that are stored, too, and count them by type and version",
    )
    .option("--sample <part>", "with --database: a part of the events, such as 0.01", fraction)
    .addOption(batchSize)
    .addOption(concurrency)
    .action(run(checkCommand));
  program
    .command("verify [entity...]")
    .description("fold the events and compare with the index rows, and with projections")
    .option("--rows", "show rows of projections that differ, which may be personal")
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

const batchSize = new Option(
  "--batch-size <count>",
  "entities or events read at once (default: 500)",
).argParser(whole(1, 10_000));
const concurrency = new Option("--concurrency <count>", "batches at a time (default: 4)").argParser(
  whole(1, 32),
);
