import type { Command } from "commander";
import { exportCommand } from "../commands/export.ts";
import { importCommand } from "../commands/import.ts";
import type { Run } from "./run-command.ts";

/** What takes histories out of a database and into another one. */
export const addHistoryCommands = (program: Command, run: Run): void => {
  program
    .command("export [entity...]")
    .description("write histories as JSON Lines, one entity a line")
    .option("-o, --out <file>", "write to a file (default: to the standard output)")
    .action(run(exportCommand));
  program
    .command("import <file>")
    .description("take in histories that export wrote; - reads the standard input")
    .option("--dry-run", "check everything and write nothing")
    .option("--keep-unknown-fields", "take in events with fields that the definition has not")
    .action(run(importCommand));
};
