import type { Consumer, ConsumerSettings, Handling, Topics } from "@annals/core";
import type { Transaction } from "kysely";

export interface ProjectionSettings<Followed extends Topics, DB, Inline extends boolean>
  extends Omit<ConsumerSettings<Followed, "exactly-once">, "delivery" | "slots"> {
  /**
   * The projection's name. Its consumer has the same, and the one that fills new tables in a rebuild has it
   * with `:rebuild` after it.
   */
  readonly name: string;
  /**
   * The tables that its handlers write, and nobody else. Handlers name them through Kysely, or through
   * `sql.table()` in raw SQL, so that a rebuild can send the same handlers to new ones. What else they
   * read is read as it is at the time.
   */
  readonly tables: readonly (keyof NoInfer<DB> & string)[];
  /**
   * Whether it is written in the transactions that append, by the repositories that it is given to, instead
   * of a consumer that follows. Its topics are entities then, and every repository that writes them has to
   * be given it. Default is `false`.
   */
  readonly inline?: Inline;
  /**
   * How long the last step of a rebuild, and a reset, wait for those who use the tables before they give
   * way and ask again, in milliseconds. Others wait behind it as long. Default is 500.
   */
  readonly lockTimeoutMs?: number;
}

/**
 * What `createProjection` takes. Handlers are those of consumers, and write through `tx`. They run again in
 * every rebuild, so they do nothing but write the tables.
 */
export type ProjectionOptions<
  Followed extends Topics,
  DB,
  Inline extends boolean = false,
> = ProjectionSettings<Followed, DB, Inline> & Handling<Followed, Transaction<DB>>;

export interface RebuildProjectionOptions {
  /** Whether to begin anew although an earlier rebuild was stopped. Default is to go on. */
  readonly restart?: boolean;
  /** Stops it between two batches. The next call goes on where it was. */
  readonly signal?: AbortSignal;
  /** Told about once a second, and at the end. */
  readonly onProgress?: (progress: RebuildProgress) => void;
}

export interface RebuildProgress {
  /** Everything up to here is in the new tables. */
  readonly position: number;
  /** The last position that was given out. */
  readonly last: number;
}

export interface ProjectionRebuild {
  readonly projection: string;
  /** What the tables stood at when they came into place; where it stopped when it did not finish. */
  readonly position: number;
  /** Whether the new tables are in place; `false` after the signal was aborted. */
  readonly finished: boolean;
}

export interface ProjectionStatus {
  readonly name: string;
  /** Everything up to here is in the tables. `undefined` for one that is inline, or has never run. */
  readonly position: number | undefined;
  /** The last position that was given out. */
  readonly last: number;
  /** The rebuild that was begun, by whatever process; `undefined` when there is none. */
  readonly rebuilding: { readonly position: number; readonly startedAt: Date } | undefined;
  /** The tables that the last rebuild has replaced, with their schema, as far as they are kept. */
  readonly old: readonly string[];
}

/** What every projection can do. */
export interface ProjectionTables {
  readonly name: string;

  /**
   * Fills new tables from the first event on, beside the live ones, which stay as current as ever; then puts
   * them in their place, in one short transaction. Those that they replace are kept until `dropOld()`.
   *
   * It takes the handlers of this process. Any number of processes may call it at the same time: they
   * share the work. After a crash or an abort the next call goes on.
   *
   * @throws ProjectionTableError for a table that cannot be replaced by a copy of its definition.
   * @throws ProjectionOldKeptError while the tables of the last rebuild are kept.
   * @throws HandlerFailedError when a handler throws. The live tables are as they were.
   * @throws StoredEventError, PositionSequenceBehindError
   */
  rebuild(options?: RebuildProjectionOptions): Promise<ProjectionRebuild>;

  /** Drops what a rebuild that did not come to its end has filled. */
  discardRebuild(): Promise<void>;

  /** Drops the tables that the last rebuild has replaced. */
  dropOld(): Promise<void>;

  /** How far it is. */
  status(): Promise<ProjectionStatus>;
}

/** A projection that follows its topics as a consumer does; `runConsumers` takes it too. */
export interface Projection extends ProjectionTables, Consumer {
  /**
   * Empties the tables and begins anew, in place: readers see it grow. `rebuild` is for those who must not.
   * Waits for those who use the tables, and stops waiting when the signal is aborted.
   *
   * @returns whether it was done; `false` after the signal was aborted.
   */
  reset(options?: { readonly signal?: AbortSignal }): Promise<boolean>;
}

export const projectInline: unique symbol = Symbol("annals.projectInline");

/** A projection that repositories write, of entities by these names. */
export interface InlineProjection<Name extends string = string> extends ProjectionTables {
  readonly [projectInline]: InlineWriter<Name>;
}

/** An event that was just written, as far as projections need to know it. */
export interface JustAppended {
  readonly event: { readonly type: string };
  readonly sequence: number;
}

export interface InlineWriter<Name extends string> {
  /** Refuses entities of other databases and schemas. */
  readonly checkBelongs: (identity: object, schema: string, topic: Name) => void;
  readonly write: (
    tx: object,
    topic: Name,
    id: string,
    appended: readonly JustAppended[],
  ) => Promise<void>;
}
