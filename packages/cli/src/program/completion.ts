import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import type { LoadedConfig } from "../config/load-config.ts";

/** The command that shells ask for completions with. */
export const COMPLETE = "complete";

/**
 * Adds `completion <shell>`, which writes a script for the shell, and what that script calls. Commands and
 * options are completed from the program; entities, topics and events from the configuration, if there is one.
 */
export const addCompletion = (program: Command, config: LoadedConfig | undefined): void => {
  const root = tab(program, { completionCommandName: "completion" });
  if (config === undefined) return;
  const entities = config.entities.map(({ name }) => name);
  const all = [...config.entities, ...config.topics];
  const words = {
    entity: entities,
    topic: all.map(({ name }) => name),
    type: all.flatMap(({ plan }) => plan.eventTypes),
  };
  for (const command of root.commands.values()) {
    for (const known of [command.arguments, command.options]) {
      for (const [name, values] of Object.entries(words)) {
        const completed = known.get(name);
        if (completed === undefined) continue;
        completed.handler = (complete) => {
          for (const value of values) complete(value, "");
        };
      }
    }
  }
};
