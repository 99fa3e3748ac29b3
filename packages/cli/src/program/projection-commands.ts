import type { Command } from "commander";
import {
  discardRebuildCommand,
  dropOldCommand,
  projectionsCommand,
  rebuildProjectionCommand,
} from "../commands/projections.ts";
import type { Run } from "./run-command.ts";

/** What operators see and decide about projections. */
export const addProjectionCommands = (program: Command, run: Run): void => {
  const projections = program
    .command("projections")
    .description("how far projections are, and their tables derived anew");
  projections
    .command("status [projection]", { isDefault: true })
    .description("all of them, or one")
    .action(run(projectionsCommand));
  projections
    .command("rebuild <projection>")
    .description("derive the tables anew beside the live ones, and put them in their place")
    .option("--restart", "begin anew instead of going on where it was stopped")
    .action(run(rebuildProjectionCommand));
  projections
    .command("drop-old <projection>")
    .description("drop the tables that the last rebuild has replaced")
    .action(run(dropOldCommand));
  projections
    .command("discard-rebuild <projection>")
    .description("give up a rebuild that was begun")
    .action(run(discardRebuildCommand));
};
