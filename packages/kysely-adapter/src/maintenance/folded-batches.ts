import type { AnyEntity } from "@annals/core";
import { type FoldedRow, foldedRow, model } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import type { Statement } from "../connection/statement.ts";
import { type EntityTables, entityTableNames } from "../statements/entity-table-names.ts";
import {
  type BatchEndRow,
  batchEnd,
  estimatedCount,
  loadRange,
} from "../statements/scan-entities.ts";
import { type StoredEntityRow, toStoredEntity } from "../statements/stored-entity.ts";

/** How a walk over all entities goes. */
export interface WalkOptions {
  /** How many entities are read at once: 1 to 10,000. Default is 500. */
  readonly batchSize?: number;
  /** How many batches are worked on at a time: 1 to 32. Default is 4. */
  readonly concurrency?: number;
  /** Stops after the batches in hand. */
  readonly signal?: AbortSignal;
  /** Told after each batch: entities done so far, and about how many there are. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A range of ids. */
interface Range {
  readonly after: string | undefined;
  readonly last: string;
  readonly rows: number;
}

/** One entity's folded row with the version that its index row had when the events were read. */
export type Folded = FoldedRow & { readonly id: string; readonly found: number };

/** Walks over all entities of a definition in batches of folded rows, several at a time. */
export class FoldedBatches<DB> {
  readonly #database: Database<DB>;
  readonly #definition: AnyEntity;
  readonly tables: EntityTables;
  readonly #end: Statement;
  readonly #load: Statement;

  constructor(db: Kysely<DB>, definition: AnyEntity) {
    this.#database = new Database(db);
    this.#definition = definition;
    this.tables = entityTableNames(definition.plan, this.#database.schema);
    this.#end = batchEnd(this.tables);
    this.#load = loadRange(this.tables);
  }

  async run<Row>(statement: Statement, parameters: readonly unknown[]): Promise<readonly Row[]> {
    const operation = [this.tables.plan.name, "verify"] as const;
    try {
      const { rows } = await this.#database.run<Row>(statement, parameters, "none", operation);
      return rows;
    } catch (error) {
      throw databaseError(`comparing ${this.tables.plan.name}`, error);
    }
  }

  /** The entities of a range, folded. */
  async read({ after, last }: Range): Promise<readonly Folded[]> {
    const rows = await this.run<StoredEntityRow>(this.#load, [after ?? null, last]);
    return rows.map((row) => ({
      ...foldedRow(this.#definition[model], toStoredEntity(row)),
      id: row.id,
      found: row.version,
    }));
  }

  /**
   * Hands every range of ids to `work`, `concurrency` of them at a time, and tells `onDone` up to which
   * id nothing is left to do.
   */
  async walk(
    from: string | undefined,
    options: WalkOptions,
    work: (range: Range) => Promise<void>,
    onDone: (last: string) => Promise<void> = async () => {},
  ): Promise<void> {
    const { batchSize = 500, concurrency = 4, signal, onProgress } = options;
    const [estimate] = await this.run<{ count: number }>(estimatedCount(this.tables), []);
    const inHand: Promise<void>[] = [];
    let done = 0;
    let after = from;
    const settle = async (): Promise<void> => {
      await inHand.shift();
    };
    try {
      while (!signal?.aborted) {
        const range = await this.#next(after, batchSize);
        if (range === undefined) break;
        after = range.last;
        const previous = inHand.at(-1);
        const current = work(range);
        inHand.push(
          Promise.all([previous, current]).then(async () => {
            done += range.rows;
            await onDone(range.last);
            onProgress?.({ done, total: Math.max(done, estimate?.count ?? 0) });
          }),
        );
        if (inHand.length >= concurrency) await settle();
      }
      while (inHand.length > 0) await settle();
    } finally {
      await Promise.allSettled(inHand);
    }
  }

  async #next(after: string | undefined, batchSize: number): Promise<Range | undefined> {
    const [end] = await this.run<BatchEndRow>(this.#end, [after ?? null, batchSize]);
    return end && { after, last: end.id, rows: end.rows };
  }
}

/** The parameter that the comparing statements take. */
export const expectedParameter = (
  { plan }: EntityTables,
  rows: readonly (Folded & { readonly kind: "folded" })[],
): string =>
  JSON.stringify(
    rows.map(({ id, found, version, columns, deletedBy }) => ({
      id,
      $found: found,
      version,
      $deleted_by: deletedBy,
      ...Object.fromEntries(plan.columns.map(({ column }, at) => [column, columns[at]])),
    })),
  );

/** Divides what could be folded from what could not. */
export const divided = (
  rows: readonly Folded[],
): {
  readonly folded: readonly (Folded & { readonly kind: "folded" })[];
  readonly unfoldable: readonly (Folded & { readonly kind: "unfoldable" })[];
} => ({
  folded: rows.filter((row) => row.kind === "folded"),
  unfoldable: rows.filter((row) => row.kind === "unfoldable"),
});
