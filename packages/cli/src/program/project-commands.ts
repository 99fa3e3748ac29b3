import type { Command } from "commander";
import { initCommand } from "../commands/init.ts";
import { newEntityCommand } from "../commands/new-entity.ts";
import type { Run } from "./run-command.ts";

/** What writes the beginnings of code. */
export const addProjectCommands = (program: Command, run: Run): void => {
  program
    .command("init [folder]")
    .description("write a project that runs at once; what is there is left as it is")
    .option("--entity <name>", "what its first entity is called (default: task)")
    .action(run(initCommand));
  program
    .command("new")
    .description("write the beginning of something")
    .command("entity <name>")
    .description("a definition with its test, named in the configuration")
    .action(run(newEntityCommand));
};
