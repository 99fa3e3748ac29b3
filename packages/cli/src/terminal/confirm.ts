import { confirm as ask, isCancel } from "@clack/prompts";
import { CliError } from "../cli-error.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Asks before something is changed. `--yes` answers; where nobody can be asked, it has to be given.
 *
 * @throws CliError when the answer is no, or nobody is there to ask.
 */
export const confirm = async (terminal: Terminal, question: string): Promise<void> => {
  if (terminal.isYes) return;
  if (!terminal.isInteractive) {
    throw new CliError(`${question} Nobody is there to answer`, "Pass --yes.");
  }
  const answer = await ask({
    message: question,
    initialValue: false,
    input: terminal.streams.stdin as never,
    output: terminal.streams.stderr,
  });
  if (isCancel(answer) || !answer) throw new CliError("Nothing was changed");
};
