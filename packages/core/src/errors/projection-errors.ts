import { AnnalsError } from "./annals-error.ts";

/** A projection's table is not there, or is no table. */
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
