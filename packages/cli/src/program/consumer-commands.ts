import type { Command } from "commander";
import { discardCommand, listLettersCommand, redriveCommand } from "../commands/dead-letters.ts";
import { whole } from "./option-values.ts";
import type { Run } from "./run-command.ts";

/** What operators see and decide about consumers. */
export const addConsumerCommands = (program: Command, run: Run): void => {
  const letters = program
    .command("consumers")
    .description("what consumers could not handle")
    .command("dead-letters")
    .description("events that a consumer could not handle, and what becomes of them");
  const chosen = (command: Command): Command =>
    command
      .option("--position <position...>", "only these, by the event's position", positions)
      .option("--key <key...>", "only those of these entities or keys");
  chosen(letters.command("list <consumer>"))
    .description("what is still to be tried or decided")
    .option("--first <count>", "how many at most (default: 100)", whole(1, 10_000))
    .action(run(listLettersCommand));
  chosen(letters.command("redrive <consumer>"))
    .description("try them again, each ahead of what waits behind it")
    .action(run(redriveCommand));
  chosen(letters.command("discard <consumer>"))
    .description("pass over them for good, and let what waits behind them go on")
    .option("--all", "all that are still to be tried or decided")
    .requiredOption("--reason <text>", "why; it is kept with them")
    .action(run(discardCommand));
};

const position = whole(1, Number.MAX_SAFE_INTEGER);
const positions = (text: string, before: readonly number[] = []): readonly number[] => [
  ...before,
  position(text),
];
