import type { Consumer, ConsumerSettings, Handling, Topics } from "@annals/core";
import type { AllAppended } from "@annals/core/adapter";
import type { Transaction } from "kysely";

/** What of a table is about somebody who may be forgotten. */
export interface PersonalTable<Topic extends string, Column extends string> {
  /** The topic whose event says that somebody was forgotten: an entity's, or one of its own. */
  readonly topic: Topic;
  /** The column that has the entity's id, or the key that such an event is published by. */
  readonly id: Column;
  /** The columns that become null then. Default is that the rows are deleted. */
  readonly columns?: readonly Column[];
}

/** The same for the tables of a database. */
export type PersonalTables<DB, Topic extends string> = {
  readonly [Table in keyof DB & string]?: PersonalTable<Topic, keyof DB[Table] & string>;
};

export interface ProjectionSettings<Followed extends Topics, DB, Inline extends boolean>
  extends Omit<ConsumerSettings<Followed, "exactly-once">, "delivery" | "slots"> {
  /**
   * The projection's name, which its consumer has as well. With `:rebuild` after it, it names the schema of
   * the tables that a rebuild fills, and what keeps how far they are; so do `:verify` and `:old`.
   */
  readonly name: string;
  /**
   * The tables that its handlers write, and nobody else, in the order in which transactions come to them:
   * whoever reads one and then another waits for a swap at the first. Handlers name them without a schema, or through
   * Kysely, so that a rebuild can send the same handlers to new ones. What else they read is read as it is
   * at the time.
   */
  readonly tables: readonly (keyof NoInfer<DB> & string)[];
  /**
   * What its tables have of people: cleared when the event comes that says that somebody was forgotten, before
   * the handler of that event. Default is nothing.
   */
  readonly personal?: PersonalTables<NoInfer<DB>, NoInfer<Followed[number]["name"]>>;
  /**
   * Whether it is written in the transactions that append, by the repositories that it is given to, instead
   * of a consumer that follows. Its topics are entities then, and every repository that writes them has to
   * be given it. Default is `false`.
   */
  readonly inline?: Inline;
  /**
   * How long the last step of a rebuild, and a reset, wait for those who use the tables before they give
   * way and ask again, in milliseconds. Others wait behind it as long. It grows by a quarter with every
   * attempt that was not long enough, up to 20 times as much. Default is 500.
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

export interface VerifyProjectionOptions {
  /** Columns that differ for a reason, such as the time at which a row was written. */
  readonly ignore?: readonly string[];
  /** Stops it between two batches, with `finished: false`. */
  readonly signal?: AbortSignal;
}

/** What a table has, against what the handlers make of all events. */
export interface TableVerification {
  /** With its schema, quoted. */
  readonly table: string;
  readonly rows: number;
  readonly rebuiltRows: number;
  /** How many rows the table has that it should not have. */
  readonly unexpected: number;
  /** How many rows it lacks. */
  readonly missing: number;
  /** Some of both, each value as text. */
  readonly samples: {
    readonly unexpected: readonly Readonly<Record<string, string | null>>[];
    readonly missing: readonly Readonly<Record<string, string | null>>[];
  };
  /** Columns that were not compared: what the database fills in, and those that were to be ignored. */
  readonly ignored: readonly string[];
}

export interface ProjectionVerification {
  readonly projection: string;
  /** Where both were compared. */
  readonly position: number;
  /**
   * `false` after the signal was aborted, and where another call verified the same projection at the same time,
   * or it was reset meanwhile.
   */
  readonly finished: boolean;
  readonly matches: boolean;
  readonly tables: readonly TableVerification[];
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
   * It takes the handlers of this process, and comes to an end however many write meanwhile. Any number of
   * processes may call it at the same time: the tables are filled and swapped once. After a crash or an abort
   * the next call goes on.
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

  /**
   * Fills other tables with what the handlers make of all events, and compares them with the live ones, row by
   * row, at one position. Readers notice nothing; those who write the projection wait while rows are compared.
   * Columns that the database itself fills in are left out.
   *
   * @throws as `rebuild` does
   */
  verify(options?: VerifyProjectionOptions): Promise<ProjectionVerification>;

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

export interface InlineWriter<Name extends string> {
  readonly follows: (topic: string) => boolean;
  /** Refuses entities of other databases and schemas. */
  readonly checkBelongs: (identity: object, schema: string, topic: Name) => void;
  /** Waits, before anything is appended, until it may be projected. */
  readonly begin: (tx: object, topic: Name, appending: readonly AllAppended[]) => Promise<void>;
  readonly write: (tx: object, topic: Name, appended: readonly AllAppended[]) => Promise<void>;
}
