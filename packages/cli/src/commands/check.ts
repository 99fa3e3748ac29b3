import { checkSchema } from "@annals/kysely-adapter";
import { checkSamples } from "../samples/check-samples.ts";
import { checkLock } from "./check-lock.ts";
import type { CommandContext } from "./command-context.ts";

export interface CheckFlags {
  readonly updateSamples?: boolean;
}

/**
 * `annals check`: compares the definitions with the committed migrations, with the database, and with the
 * samples of stored events that the project keeps. Exit code 1 says that they differ.
 */
export const checkCommand = (context: CommandContext, flags: CheckFlags): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const differences = [...(await checkLock(config)), ...(await checkSchema(db, config.entities))];
    for (const difference of differences) {
      const { entity, object, problem, remedy } = difference;
      terminal.json(difference);
      terminal.line(`${terminal.style("red", "✗")} ${terminal.style("bold", object)} (${entity})`);
      terminal.line(`  ${problem}`);
      terminal.line(`  ${terminal.style("dim", remedy)}`);
    }
    const count = config.entities.length;
    if (differences.length === 0) {
      const subject = count === 1 ? "its definition" : `its ${count} definitions`;
      terminal.line(
        `${terminal.style("green", "✓")} The database is as ${subject} say${count === 1 ? "s" : ""}.`,
      );
    }
    const unread = await checkSamples(context, db, config, flags.updateSamples ?? false);
    return differences.length + unread === 0 ? 0 : 1;
  });
