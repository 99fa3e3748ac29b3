import { checkSchema } from "@annals/kysely-adapter";
import type { CommandContext } from "./command-context.ts";

/** `annals check`: compares the definitions with the database. Exit code 1 says that they differ. */
export const checkCommand = (context: CommandContext): Promise<number> =>
  context.database(async (db, config) => {
    const { terminal } = context;
    const differences = await checkSchema(db, config.entities);
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
    return differences.length === 0 ? 0 : 1;
  });
