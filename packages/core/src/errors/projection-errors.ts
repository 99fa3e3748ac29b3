import { AnnalsError } from "./annals-error.ts";

/**
 * A projection's table is not there, cannot be replaced, or was used by a handler where another one stands in
 * for it.
 */
export class ProjectionTableError extends AnnalsError {
  readonly code = "ANNALS_PROJECTION_TABLE";
  readonly projection: string;
  readonly table: string;

  constructor(at: { projection: string; table: string; problem: string; hint: string }) {
    const { projection, table, problem, hint } = at;
    super({ message: `Table "${table}" of projection "${projection}" ${problem}`, hint });
    this.projection = projection;
    this.table = table;
  }
}

/** A handler of an inline projection threw. The write that it belongs to is rolled back with it. */
export class ProjectionFailedError extends AnnalsError {
  readonly code = "ANNALS_PROJECTION_FAILED";
  readonly projection: string;
  readonly topic: string;
  readonly id: string;
  readonly sequence: number;

  constructor(
    at: { projection: string; topic: string; id: string; sequence: number },
    options: ErrorOptions,
  ) {
    const { projection, topic, id, sequence } = at;
    super(
      {
        message: `Projection "${projection}" failed on ${topic}/${id}/${sequence}`,
        hint: "See the cause. Nothing of the write is kept.",
      },
      options,
    );
    this.projection = projection;
    this.topic = topic;
    this.id = id;
    this.sequence = sequence;
  }
}

/** A rebuilt projection came into place after the transaction had taken its snapshot. */
export class ProjectionSwappedError extends AnnalsError {
  readonly code = "ANNALS_PROJECTION_SWAPPED";
  override readonly retryable = true;
  readonly projection: string;

  constructor(at: { projection: string }) {
    super({
      message: `The tables of projection "${at.projection}" are newer than the transaction's snapshot`,
      hint: "Repeat the transaction: what it would write could miss rows that it does not see.",
    });
    this.projection = at.projection;
  }
}

/** The tables that an earlier rebuild replaced are still kept, so the next one has no place for its own. */
export class ProjectionOldKeptError extends AnnalsError {
  readonly code = "ANNALS_PROJECTION_OLD_KEPT";
  readonly projection: string;
  /** The tables, with their schema. */
  readonly tables: readonly string[];

  constructor(at: { projection: string; tables: readonly string[] }) {
    super({
      message: `Projection "${at.projection}" still keeps ${at.tables.join(", ")} from its last rebuild`,
      hint: "Call dropOld() when nobody needs them any more, then rebuild again.",
    });
    this.projection = at.projection;
    this.tables = at.tables;
  }
}
