import type { CommandContext } from "../commands/command-context.ts";

/** Makes an action of the parser from a command, which returns its exit code. */
export type Run = <Words extends unknown[]>(
  action: (context: CommandContext, ...words: Words) => Promise<number>,
) => (...words: unknown[]) => Promise<void>;
