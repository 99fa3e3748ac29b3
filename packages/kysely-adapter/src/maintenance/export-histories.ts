import type { AnyEntity } from "@annals/core";
import type { Kysely } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { entityTableNames } from "../statements/entity-table-names.ts";
import { type ExportedRow, exportRange } from "../statements/export-histories.ts";
import { type BatchEndRow, batchEnd, estimatedCount } from "../statements/scan-entities.ts";

export interface ExportOptions {
  /** How many entities are read at once: 1 to 10,000. Default is 500. */
  readonly batchSize?: number;
  /** Told after each batch: entities done so far, and about how many there are. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * The histories of an entity's all, deleted ones among them, in the order of their ids: one JSON line for
 * each, with the events as they are stored, their times and contexts. Memory is bounded by a batch.
 *
 * Each batch is of one moment. For an export that is of one moment as a whole, pass a transaction that is
 * `repeatable read`.
 */
export async function* exportHistories<DB>(
  db: Kysely<DB>,
  { name, plan }: AnyEntity,
  { batchSize = 500, onProgress }: ExportOptions = {},
): AsyncGenerator<readonly string[]> {
  const database = new Database(db);
  const tables = entityTableNames(plan, database.schema);
  const [end, range] = [batchEnd(tables), exportRange(tables)];
  const run = async <Row>(text: typeof end, parameters: readonly unknown[]) => {
    try {
      return (await database.run<Row>(text, parameters, "none", [name, "export"])).rows;
    } catch (error) {
      throw databaseError(`exporting ${name}`, error);
    }
  };
  const [estimate] = await run<{ count: number }>(estimatedCount(tables), []);
  let after: string | null = null;
  let done = 0;
  while (true) {
    const [batch]: readonly BatchEndRow[] = await run<BatchEndRow>(end, [after, batchSize]);
    if (batch === undefined) return;
    const rows = await run<ExportedRow>(range, [after, batch.id]);
    yield rows.map(({ line }) => line);
    after = batch.id;
    done += batch.rows;
    onProgress?.({ done, total: Math.max(done, estimate?.count ?? 0) });
  }
}
