import type { AnyEntity } from "@annals/core";
import { DELETED_AT, instrumented } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import type { Statement } from "../connection/statement.ts";
import { filledColumn, presentColumns, repairIndexRows } from "../statements/compare-index-rows.ts";
import { endRebuild, keepRebuild, readRebuild } from "../statements/rebuild-progress.ts";
import { dropWrongSnapshots } from "../statements/scan-entities.ts";
import { divided, expectedParameter, type Folded, FoldedBatches } from "./folded-batches.ts";
import type { Difference } from "./verify.ts";
import type { WalkOptions } from "./walk-batches.ts";

export interface RebuildOptions extends WalkOptions {
  /** Whether to begin anew although an earlier rebuild was stopped. Default is to go on. */
  readonly restart?: boolean;
  /** How many entities that cannot be folded are listed; more are counted only. Default is 100. */
  readonly listed?: number;
}

export interface Rebuilding {
  readonly entity: string;
  /** How many entities were looked at by this call. */
  readonly checked: number;
  /** How many index rows were changed. */
  readonly repaired: number;
  /** How many snapshots were dropped, because they were not what the events fold into. */
  readonly droppedSnapshots: number;
  /** How many were left as they are, because their events cannot be folded. */
  readonly unfoldable: number;
  /** The first of those. */
  readonly differences: readonly Difference[];
  /** Whether it came to the end; `false` after its signal was aborted. The next call goes on. */
  readonly finished: boolean;
}

/**
 * Makes every index row what the entity's events fold into, and drops snapshots that are something else: after a new index column, a changed
 * `normalize`, or a change from outside. Runs beside whoever is writing, in batches that commit on their
 * own; stopped, it goes on where it was.
 *
 * @throws DatabaseError where what the events say violates a constraint of the index table; the batches
 * before it are kept.
 */
export const rebuild = async <DB>(
  db: Kysely<DB>,
  definition: AnyEntity,
  options: RebuildOptions = {},
): Promise<Rebuilding> => {
  const of = { entity: definition.name, table: definition.plan.indexTable };
  const work = { rebuild: () => rebuildAll(db, definition, options) };
  return instrumented(of, options.instrument, work).rebuild();
};

const rebuildAll = async <DB>(
  db: Kysely<DB>,
  definition: AnyEntity,
  options: RebuildOptions,
): Promise<Rebuilding> => {
  const { restart = false, listed = 100 } = options;
  const batches = new FoldedBatches(db, definition, options.keys);
  const repair = await repairStatement(batches);
  const key = [definition.name, columnsOf(definition)];
  const result = { checked: 0, repaired: 0, droppedSnapshots: 0, unfoldable: 0 };
  const differences: Difference[] = [];

  const unfinished = restart ? [] : await batches.run<{ done_to: string }>(readRebuild, key);
  await batches.walk(
    unfinished[0]?.done_to,
    options,
    async (range) => {
      const rows = await batches.read(range);
      const dropped = await dropWrong(batches, rows);
      result.droppedSnapshots += dropped;
      const { folded, unfoldable } = divided(rows);
      for (const { id, problem } of unfoldable) {
        result.unfoldable += 1;
        if (differences.length < listed) differences.push({ id, columns: [], problem });
      }
      const parameter = expectedParameter(batches.tables, folded);
      const repaired = await batches.run<{ id: string }>(repair, [parameter]);
      result.checked += range.rows;
      result.repaired += repaired.length;
    },
    async (last) => {
      await batches.run(keepRebuild, [...key, last]);
    },
  );
  const finished = options.signal?.aborted !== true;
  if (finished) await batches.run(endRebuild, [definition.name]);
  return { entity: definition.name, ...result, differences, finished };
};

const dropWrong = async <DB>(
  batches: FoldedBatches<DB>,
  rows: readonly Folded[],
): Promise<number> => {
  const { tables } = batches;
  const wrong = rows.flatMap(({ id, wrongSnapshot: version }) =>
    version === undefined ? [] : [{ id, version }],
  );
  if (tables.snapshots === undefined || wrong.length === 0) return 0;
  const drop = dropWrongSnapshots(tables, tables.snapshots);
  return (await batches.run(drop, [JSON.stringify(wrong)])).length;
};

/**
 * Repairs the columns that are there: a later migration may add others, and wait for these to be filled
 * before.
 */
const repairStatement = async <DB>(batches: FoldedBatches<DB>): Promise<Statement> => {
  const { tables } = batches;
  const { columns, lifecycle } = tables.plan;
  const found = await batches.run<{ name: string }>(presentColumns(tables), []);
  const present = new Set(found.map(({ name }) => name));
  const plan = {
    ...tables.plan,
    columns: columns.filter(({ column }) => present.has(column)),
    lifecycle: present.has(DELETED_AT.column) ? lifecycle : undefined,
  };
  const declared = new Map(columns.map((column) => [column.column, column]));
  const beingFilled = [...present]
    .filter((column) => present.has(filledColumn(column)))
    .map((column) => ({
      column,
      immutable: declared.get(column)?.immutable ?? false,
      isDeclared: declared.has(column),
    }));
  return repairIndexRows({ ...tables, plan }, beingFilled);
};

/** What tells whether an unfinished rebuild is the same one. */
const columnsOf = ({ plan: { columns, lifecycle } }: AnyEntity): string =>
  [...(lifecycle ? [DELETED_AT.column] : []), ...columns.map(({ column }) => column)].join();
