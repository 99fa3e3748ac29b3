import type { AnyEntity, KeyProvider } from "@annals/core";
import {
  type FoldedRow,
  foldedRow,
  model,
  type StoredEntity,
  type StoredSnapshot,
  snapshotFits,
} from "@annals/core/adapter";
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
  type RangeRow,
} from "../statements/scan-entities.ts";
import { toStoredEntity } from "../statements/stored-entity.ts";
import { type PersonalReading, personalReading } from "./personal-reading.ts";
import { BATCH_SIZE, type WalkOptions, walkBatches } from "./walk-batches.ts";

/** A range of ids. */
interface Range {
  readonly after: string | undefined;
  readonly last: string;
  readonly rows: number;
}

/** One entity's folded row with the version that its index row had when the events were read. */
export type Folded = FoldedRow & {
  readonly id: string;
  readonly found: number;
  /** The version of its snapshot, where that is not what its events fold into. */
  readonly wrongSnapshot: number | undefined;
};

/** Walks over all entities of a definition in batches of folded rows, several at a time. */
export class FoldedBatches<DB> {
  readonly #database: Database<DB>;
  readonly #definition: AnyEntity;
  readonly tables: EntityTables;
  readonly #end: Statement;
  readonly #load: Statement;
  readonly #personal: PersonalReading;

  /** @throws KeysRequiredError */
  constructor(db: Kysely<DB>, definition: AnyEntity, keys: KeyProvider | undefined) {
    this.#personal = personalReading(db, definition, keys);
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
    const rows = await this.run<RangeRow>(this.#load, [after ?? null, last]);
    const stored = await this.#personal.open(rows.map(toStoredEntity));
    const wrong = await this.#wrongSnapshots(rows, stored);
    const folded = stored.map((entity) => foldedRow(this.#definition[model], entity));
    const columns = await this.#personal.hash(
      folded.map((row) => (row.kind === "folded" ? row.columns : undefined)),
    );
    return rows.map(({ id, version: found }, at) => ({
      ...withColumns(folded[at] as FoldedRow, columns[at]),
      id,
      found,
      wrongSnapshot: wrong.get(id),
    }));
  }

  /** The versions of snapshots that are not what the events fold into. */
  async #wrongSnapshots(
    rows: readonly RangeRow[],
    stored: readonly StoredEntity[],
  ): Promise<ReadonlyMap<string, number>> {
    const kept = rows.flatMap(({ id, snapshot }) =>
      snapshot ? [{ id, version: snapshot[0], events: [], snapshot: toSnapshot(snapshot) }] : [],
    );
    if (kept.length === 0) return new Map();
    const events = new Map(stored.map((entity) => [entity.id, entity.events]));
    const opened = await this.#personal.open(kept);
    return new Map(
      opened
        .filter(({ id, snapshot }) => {
          const entity = { id, events: events.get(id) ?? [] };
          return snapshot && !snapshotFits(this.#definition[model], entity, snapshot);
        })
        .map(({ id, version }) => [id, version]),
    );
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
    const [estimate] = await this.run<{ count: number }>(estimatedCount(this.tables), []);
    let after = from;
    await walkBatches(
      {
        estimate: estimate?.count ?? 0,
        next: async () => {
          const range = await this.#next(after, options.batchSize ?? BATCH_SIZE);
          after = range?.last;
          return range;
        },
        work,
        onDone: ({ last }) => onDone(last),
      },
      options,
    );
  }

  async #next(after: string | undefined, batchSize: number): Promise<Range | undefined> {
    const [end] = await this.run<BatchEndRow>(this.#end, [after ?? null, batchSize]);
    return end && { after, last: end.id, rows: end.rows };
  }
}

const toSnapshot = ([version, body]: NonNullable<RangeRow["snapshot"]>): StoredSnapshot => ({
  version,
  body,
});

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

const withColumns = (
  row: FoldedRow,
  columns: Extract<FoldedRow, { kind: "folded" }>["columns"] | undefined,
): FoldedRow => (row.kind === "folded" && columns !== undefined ? { ...row, columns } : row);
