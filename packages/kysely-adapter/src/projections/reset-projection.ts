import { unprepared } from "../connection/statement.ts";
import {
  lockCheckpoints,
  lockConsumers,
  placeConsumer,
} from "../statements/projection-checkpoint.ts";
import { withTables } from "./locked-tables.ts";
import { checkTables } from "./projected-tables.ts";
import { type ProjectionParts, quotedTables } from "./projection-parts.ts";

/** Empties the tables and puts the consumer at the beginning, in one transaction. */
export const resetProjection = async <DB>(
  parts: ProjectionParts<DB>,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  await checkTables(parts.database, parts.name, parts.tables);
  const done = await withTables(parts, "reset", signal, async (_, run) => {
    await run(lockConsumers, [[parts.name]]);
    await run(lockCheckpoints, [[parts.name]]);
    const { live } = quotedTables(parts);
    await run(unprepared("truncate", `truncate ${live.join(", ")}`));
    await run(placeConsumer, [parts.name, 0]);
    return true;
  });
  return done ?? false;
};
