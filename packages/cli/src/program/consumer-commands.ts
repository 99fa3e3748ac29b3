import { type Command, Option } from "commander";
import {
  consumersCommand,
  pauseCommand,
  resetCommand,
  resumeCommand,
} from "../commands/consumers.ts";
import {
  DEAD_LETTER_STATUSES,
  discardCommand,
  listLettersCommand,
  redriveCommand,
  showLetterCommand,
} from "../commands/dead-letters.ts";
import { whole } from "./option-values.ts";
import type { Run } from "./run-command.ts";

/** What operators see and decide about consumers. */
export const addConsumerCommands = (program: Command, run: Run): void => {
  const consumers = program
    .command("consumers")
    .description("how far consumers have come, and what becomes of what they could not handle");
  consumers
    .command("status [consumer]", { isDefault: true })
    .description("all of them, or one with its slots")
    .action(run(consumersCommand));
  consumers
    .command("pause <consumer>")
    .description("have it stand still, everywhere, after the batches in hand")
    .option("--because <text>", "why; it is shown with it")
    .action(run(pauseCommand));
  consumers
    .command("resume <consumer>")
    .description("let it and all of its slots go on")
    .action(run(resumeCommand));
  consumers
    .command("reset <consumer>")
    .description("have it handle everything from a place on")
    .requiredOption("--to <place>", "beginning, now, a time, so long ago (2h), or a position")
    .action(run(resetCommand));
  const letters = consumers
    .command("dead-letters")
    .description("events that a consumer could not handle, and what becomes of them");
  const chosen = (command: Command): Command =>
    command
      .option("--position <position...>", "only these, by the event's position", positions)
      .option("--key <key...>", "only those of these entities or keys");
  chosen(letters.command("list <consumer>"))
    .description("what is still to be tried or decided")
    .option("--first <count>", "how many at most (default: 100)", whole(1, 10_000))
    .addOption(
      new Option("--status <status...>", "only those (default: what is open)").choices(
        DEAD_LETTER_STATUSES,
      ),
    )
    .action(run(listLettersCommand));
  letters
    .command("show <consumer>")
    .argument("<position>", "the event's position", position)
    .description("all that is known of one")
    .option("--payload", "with what the event says, which may be personal")
    .action(run(showLetterCommand));
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
