import type { Consumer, ConsumerSettings, Handling, Topics } from "@annals/core";
import type { AllAppended } from "@annals/core/adapter";
import type { Transaction } from "kysely";

export interface ProjectionSettings<Followed extends Topics, DB, Inline extends boolean>
  extends Omit<ConsumerSettings<Followed, "exactly-once">, "delivery" | "slots"> {
  /** The projection's name, which its consumer has as well. */
  readonly name: string;
  /**
   * The tables that its handlers write, and nobody else, in the order in which transactions come to them:
   * whoever reads one and then another waits for a reset at the first.
   */
  readonly tables: readonly (keyof NoInfer<DB> & string)[];
  /**
   * Whether it is written in the transactions that append, by the repositories that it is given to, instead
   * of a consumer that follows. Its topics are entities then, and every repository that writes them has to
   * be given it. Default is `false`.
   */
  readonly inline?: Inline;
  /**
   * How long a reset waits for those who use the tables before it gives way and asks again, in milliseconds. Others wait behind it as long. It grows by a quarter with every
   * attempt that was not long enough, up to 20 times as much. Default is 500.
   */
  readonly lockTimeoutMs?: number;
}

/**
 * What `createProjection` takes. Handlers are those of consumers, and write through `tx`. They run again
 * after a reset, so they do nothing but write the tables.
 */
export type ProjectionOptions<
  Followed extends Topics,
  DB,
  Inline extends boolean = false,
> = ProjectionSettings<Followed, DB, Inline> & Handling<Followed, Transaction<DB>>;

export interface ProjectionStatus {
  readonly name: string;
  /** Everything up to here is in the tables. `undefined` for one that is inline, or has never run. */
  readonly position: number | undefined;
  /** The last position that was given out. */
  readonly last: number;
}

/** What every projection can do. */
export interface ProjectionTables {
  readonly name: string;

  /** How far it is. */
  status(): Promise<ProjectionStatus>;
}

/** A projection that follows its topics as a consumer does; `runConsumers` takes it too. */
export interface Projection extends ProjectionTables, Consumer {
  /**
   * Empties the tables and begins anew, in one transaction: readers see them grow again. Waits for those who use
   * the tables, and stops waiting when the signal is aborted.
   *
   * @throws ProjectionTableError for a table that is not there.
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
  /** Refuses entities of other databases and schemas. */
  readonly checkBelongs: (identity: object, schema: string, topic: Name) => void;
  readonly write: (tx: object, topic: Name, appended: readonly AllAppended[]) => Promise<void>;
}
