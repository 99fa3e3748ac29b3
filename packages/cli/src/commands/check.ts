import type { AnyTopic, SchemaDifference } from "@annals/core";
import { checkSchema } from "@annals/kysely-adapter";
import { CliError } from "../cli-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { checkSamples } from "../samples/check-samples.ts";
import { checkLock } from "./check-lock.ts";
import { checkStored, type StoredFlags } from "./check-stored.ts";
import type { CommandContext } from "./command-context.ts";

export interface CheckFlags extends StoredFlags {
  /** Whether the events that are stored are read as well. */
  readonly database?: boolean;
  readonly updateSamples?: boolean;
}

/**
 * `annals check`: compares the definitions with the committed migrations, with the database, with the
 * samples of stored events that the project keeps, and with what is stored if told to. Exit code 1 says
 * that they differ.
 */
export const checkCommand = (context: CommandContext, flags: CheckFlags): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    if (flags.sample !== undefined && flags.database !== true) {
      throw new CliError(
        "--sample is about the events that are stored",
        "Give --database as well.",
      );
    }
    const differences = [
      ...(await checkLock(config)),
      ...(await checkSchema(db, [...config.entities, ...config.topics])),
    ];
    for (const difference of differences) {
      const { entity, object, problem, remedy } = difference;
      terminal.json(difference);
      terminal.line(`${terminal.style("red", "✗")} ${terminal.style("bold", object)} (${entity})`);
      terminal.line(`  ${problem}`);
      terminal.line(`  ${terminal.style("dim", remedy)}`);
    }
    const count = config.entities.length + config.topics.length;
    if (differences.length === 0) {
      const subject = count === 1 ? "its definition" : `its ${count} definitions`;
      terminal.line(
        `${terminal.style("green", "✓")} The database is as ${subject} say${count === 1 ? "s" : ""}.`,
      );
    }
    const unread = await checkSamples(context, db, config, flags.updateSamples ?? false);
    const isRead =
      flags.database !== true ||
      (await checkStored(context, db, withTables(config, differences), flags));
    return differences.length + unread === 0 && isRead ? 0 : 1;
  });

/** What is stored can be read of; that a table is missing has been said. */
const withTables = (
  config: LoadedConfig,
  differences: readonly SchemaDifference[],
): LoadedConfig => {
  const objects = differences.map(({ object }) => object);
  if (objects.some((object) => /^(migration |schema annals$)/.test(object))) {
    return { ...config, entities: [], topics: [] };
  }
  const hasTable = ({ plan }: AnyTopic): boolean => !objects.includes(`table ${plan.eventsTable}`);
  return {
    ...config,
    entities: config.entities.filter(hasTable),
    topics: config.topics.filter(hasTable),
  };
};
