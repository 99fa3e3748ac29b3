import type { Command } from "commander";
import { diffCommand } from "../commands/diff.ts";
import { showCommand } from "../commands/show.ts";
import { tailCommand } from "../commands/tail.ts";
import { whole } from "./option-values.ts";
import type { Run } from "./run-command.ts";

/** What shows what is stored, and changes nothing. */
export const addInspectionCommands = (program: Command, run: Run): void => {
  program
    .command("show <entity> [id...]")
    .description(
      "state, children, index row and history: show user <id>, show user --email <value>",
    )
    .option(
      "--as-of <when>",
      "as it was at a version, a time or a position: 3, 2026-03-01T12:00:00Z, @1204",
    )
    .option("--last <count>", "how many of the newest events (default: 20)", whole(1, 1000))
    .option("--personal", "show personal values")
    .allowUnknownOption()
    .action(run(showCommand));
  program
    .command("diff <entity> <id> <from> [to]")
    .description("what changed between two versions, times or positions")
    .option("--personal", "show personal values")
    .action(run(diffCommand));
  program
    .command("tail [topic...]")
    .description("the newest events of topics, and what comes after them")
    .option("-f, --follow", "go on with what is written from now on, until Ctrl-C")
    .option("--last <count>", "how many of the newest to begin with (default: 20)", whole(0, 1e6))
    .option("--since <when>", "begin at a time, or so long ago: 2026-03-01T12:00:00Z, 15m, 2h, 3d")
    .option("--all", "begin at the first event")
    .option("--type <type...>", "only events of these types")
    .option("--id <id...>", "only events of these entities, or with these keys")
    .option("--personal", "show personal values")
    .action(run(tailCommand));
};
