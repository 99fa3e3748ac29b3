import { type AnyEntity, InvalidArgumentError } from "@annals/core";
import { instrumented } from "@annals/core/adapter";
import type { Kysely } from "kysely";
import { type ComparedRow, compareIndexRows } from "../statements/compare-index-rows.ts";
import { divided, expectedParameter, type Folded, FoldedBatches } from "./folded-batches.ts";
import type { WalkOptions } from "./walk-batches.ts";

export interface VerifyOptions extends WalkOptions {
  /** The part of the batches to look at, drawn at random: above 0, at most 1. Default is 1, all. */
  readonly sample?: number;
  /** How many differing entities are listed; more are counted only. Default is 100. */
  readonly listed?: number;
}

/** One entity whose index row, or whose snapshot, is not what its events say. */
export interface Difference {
  readonly id: string;
  /** The index table's columns that differ; empty when the events themselves cannot be folded. */
  readonly columns: readonly string[];
  /** What is wrong, as a sentence without values. */
  readonly problem: string;
}

export interface Verification {
  readonly entity: string;
  /** How many entities were compared. */
  readonly checked: number;
  /** How many entities differ. */
  readonly differing: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
  /** How many kept changing while they were looked at, and so were not compared. */
  readonly skipped: number;
}

/** A row that was written between two looks is looked at again, so often at most. */
const LOOKS_MAX = 5;

/**
 * Folds the events of every entity and compares the result with the index rows and snapshots, beside whoever is
 * writing: events and row are read as of one moment, and compared at that version. Memory is bounded
 * by `batchSize` times `concurrency` entities.
 *
 * @throws InvalidArgumentError for options out of range.
 */
export const verify = async <DB>(
  db: Kysely<DB>,
  definition: AnyEntity,
  options: VerifyOptions = {},
): Promise<Verification> => {
  const of = { entity: definition.name, table: definition.plan.indexTable };
  const work = { verify: () => verifyAll(db, definition, options) };
  return instrumented(of, options.instrument, work).verify();
};

const verifyAll = async <DB>(
  db: Kysely<DB>,
  definition: AnyEntity,
  options: VerifyOptions,
): Promise<Verification> => {
  const { sample = 1, listed = 100 } = options;
  if (!(sample > 0 && sample <= 1)) {
    throw new InvalidArgumentError(
      definition.name,
      "sample is not above 0 and at most 1",
      "Pass 0.01 for one percent.",
    );
  }
  const batches = new FoldedBatches(db, definition, options.keys);
  const compare = compareIndexRows(batches.tables);
  const result = { checked: 0, differing: 0, skipped: 0 };
  const differences: Difference[] = [];
  const report = (difference: Difference): void => {
    result.differing += 1;
    if (differences.length < listed) differences.push(difference);
  };

  /** Compares rows; returns the ids of those that moved since their events were read. */
  const look = async (rows: readonly Folded[]): Promise<readonly string[]> => {
    const { folded, unfoldable } = divided(rows);
    for (const { id, problem } of unfoldable) report({ id, columns: [], problem });
    const parameter = expectedParameter(batches.tables, folded);
    const compared = await batches.run<ComparedRow>(compare, [parameter]);
    const moved = compared.filter((row) => row.moved).map(({ id }) => id);
    for (const { id, columns } of compared.filter((row) => !row.moved)) {
      report({ id, columns, problem: `its events say otherwise for ${columns.join(", ")}` });
    }
    const told = new Set([...unfoldable, ...compared].map(({ id }) => id));
    for (const { id, wrongSnapshot } of rows) {
      if (wrongSnapshot === undefined || told.has(id)) continue;
      const problem = `its snapshot at version ${wrongSnapshot} is not what its events say`;
      report({ id, columns: [], problem });
    }
    result.checked += rows.length - moved.length;
    return moved;
  };

  await batches.walk(undefined, options, async (range) => {
    if (sample < 1 && Math.random() >= sample) return;
    let rows = await batches.read(range);
    for (let looks = 1; rows.length > 0; looks += 1) {
      const moved = new Set(await look(rows));
      if (moved.size > 0 && looks === LOOKS_MAX) result.skipped += moved.size;
      rows =
        moved.size === 0 || looks === LOOKS_MAX
          ? []
          : (await batches.read(range)).filter(({ id }) => moved.has(id));
    }
  });
  return { entity: definition.name, ...result, differences };
};
