import { unprepared } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import {
  lockCheckpoints,
  lockConsumers,
  placeConsumer,
} from "../statements/projection-checkpoint.ts";
import { holdWriters, lockTables, Patience, untilUsersAreGone } from "./locked-tables.ts";
import { checkTables } from "./projected-tables.ts";
import { namesOf, type ProjectionParts, runOn } from "./projection-parts.ts";
import { repeated } from "./repeated.ts";

/** Empties the tables and puts the consumer at the beginning, in one transaction. */
export const resetProjection = async <DB>(
  parts: ProjectionParts<DB>,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  await checkTables(parts);
  const patience = new Patience(parts.lockTimeoutMs);
  const attempt = async (): Promise<boolean> => {
    await untilUsersAreGone(parts, signal);
    if (signal?.aborted === true) return false;
    await transaction(parts.db, async (tx) => {
      const run = runOn(parts, "reset", tx);
      const tables = namesOf(parts);
      await holdWriters(parts, run, patience);
      await lockTables(run, tables, "access exclusive", patience.ms);
      await run(lockConsumers, [[parts.name]]);
      await run(lockCheckpoints, [[parts.name]]);
      await run(unprepared("truncate", `truncate ${tables.join(", ")}`));
      await run(placeConsumer, [parts.name, 0]);
    });
    return true;
  };
  return (await repeated(parts, signal, attempt, () => patience.grow())) ?? false;
};
