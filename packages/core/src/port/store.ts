import type { EntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import type { PublishedPlan } from "../define/published-plan.ts";
import type { Clock } from "./clock.ts";
import type { ConsumerAdmin } from "./consumer-admin.ts";
import type { ConsumerPlan, ConsumerStore } from "./consumer-store.ts";
import type {
  BatchResult,
  BatchWrite,
  EarlierRequest,
  EntityWrite,
  HistoryEvent,
  HistoryQuery,
  HoldResult,
  Idempotency,
  KnownEntities,
  ListedEntity,
  ListQuery,
  PastBound,
  PastEntity,
  Predicate,
  ReadEntity,
  StoredEntity,
  TouchResult,
  TreeEvent,
  TreeRevision,
  WriteResult,
} from "./rows.ts";
import type { StateStore } from "./state-store.ts";
import type { SubjectStore } from "./subject-store.ts";
import type { TopicStore } from "./topic-store.ts";

/**
 * What a database implements to hold entities. A store knows rows and plans, never a user's types.
 *
 * The in-memory store is the shortest implementation, and `describeStore` of `@annals/testing` the
 * suite that every implementation passes.
 *
 * @typeParam Tx a handle on an open transaction, as the store's users know it.
 * @typeParam Opened the handle on one that the store opened itself, which has the members of
 * `TransactionHooks`.
 */
export interface Store<Tx, Opened extends Tx = Tx> {
  /**
   * Prepares the statements of one entity, once.
   *
   * @throws InvalidDefinitionError when another definition already uses these tables here.
   */
  entity(plan: EntityPlan): EntityStore<Tx>;

  /**
   * Runs `work` in a transaction that commits when it returns and rolls back when it throws. Where the
   * store itself is bound to an open transaction, `work` takes part in that one.
   */
  transaction<Result>(
    work: (tx: Opened) => Promise<Result>,
    options?: OpenOptions,
  ): Promise<Result>;

  /** The same transaction with the members that those have which the store opened itself. */
  opened(tx: Tx): Opened;

  /**
   * Whether an error says that the store ended a transaction for the sake of another one, by a deadlock for
   * instance, so that all of it may be run again.
   */
  isLostRace(error: unknown): boolean;

  /**
   * Prepares the statements of one topic of its own, once.
   *
   * @throws InvalidDefinitionError when another definition already uses its table here.
   */
  topic(plan: PublishedPlan): TopicStore<Tx>;

  /** Opens what is kept of those whose personal values entities and topics have. */
  subjects(): SubjectStore<Tx>;

  /** Opens the state that is kept by key under a name. */
  state(name: string): StateStore<Tx>;

  /** Opens topics, of entities or of their own, for one consumer. */
  consumer(plan: ConsumerPlan): ConsumerStore<Opened>;

  /** What operators see and decide about consumers. */
  consumers(): ConsumerAdmin;
}

/** What a transaction is opened for. */
export interface OpenOptions {
  /** The entity whose write needs it, for errors of its beginning and end. */
  readonly entity?: string | undefined;
  /** A call that did not say where it commits, and must not be one that forgot a running transaction. */
  readonly call?: readonly [entity: string, call: string] | undefined;
  /** The time of the transaction. Default is the process's. */
  readonly clock?: Clock | undefined;
}

/** The transaction to take part in; `"none"` says that the call commits on its own on purpose. */
export type Join<Tx> = Tx | "none" | undefined;

/** Which rows a read sees. */
export interface Visibility {
  /** Also those of deleted entities. Default is `false`; of no effect without a lifecycle. */
  readonly includeDeleted?: boolean | undefined;
  /**
   * Only rows with these values in the columns of the plan's scope. Default is rows of every scope; of no
   * effect where the plan has none.
   */
  readonly scope?: readonly JsonValue[] | undefined;
  /** The kinds of children that are read with it, with all that is below them. Default is every kind. */
  readonly kinds?: readonly string[] | undefined;
  /**
   * Conditions over the index columns of kinds of children: of these, only such as fulfil them are read, with
   * all that is below them.
   */
  readonly childrenWhere?: { readonly [kind: string]: Predicate } | undefined;
  /**
   * Whether all events are read, and no snapshot. Default is `false`; of no effect where the plan keeps no
   * snapshots, nor on the past of an entity.
   */
  readonly history?: boolean | undefined;
}

export interface EntityStore<Tx> {
  /**
   * Writes the index row, the events and the request's key together, or nothing. A write whose key is
   * being written waits for how that ends.
   */
  write(write: EntityWrite, tx: Join<Tx>): Promise<WriteResult>;

  /** What became of the request with this key; `undefined` for a key that is new or has expired. */
  recall(idempotency: Idempotency, tx: Join<Tx>): Promise<EarlierRequest | undefined>;

  /**
   * Writes all of these entities, in one step, or none. Every id occurs once, and no two writes leave
   * the same values in a unique constraint; but a write may take a value that another one gives up.
   *
   * @param writes at least one; either all create or all append.
   */
  writeAll(writes: readonly BatchWrite[], tx: Join<Tx>): Promise<BatchResult>;

  /**
   * Raises the revisions of trees that are at the given ones, of all or of none. Whoever would change one
   * of them waits for the end of the transaction, which there always is.
   *
   * @param trees at least one, of entities with children and no parent; every id occurs once.
   */
  touch(trees: readonly TreeRevision[], tx: Join<Tx>): Promise<TouchResult>;

  /**
   * Keeps entities as they were read until the end of the transaction, which there always is. Whoever would
   * change one of them waits for that end, or lets the transaction fail at its commit.
   *
   * @param read at least one; every id occurs once.
   */
  hold(read: readonly ReadEntity[], tx: Join<Tx>): Promise<HoldResult>;

  /**
   * The entities with these ids that exist, in any order.
   *
   * @param known what the reader knows, here and in the other reads that take it. Of an entity that is known, its
   * newer events alone are read, unless one of those that are known was erased, or is not there any more, or
   * somebody was forgotten whose values the reader has: then all of them are. Entities with children are always
   * read whole.
   */
  load(
    ids: readonly string[],
    tx: Join<Tx>,
    seen?: Visibility,
    known?: KnownEntities,
  ): Promise<readonly StoredEntity[]>;

  /**
   * The entity whose index row has these values in the columns of a unique constraint. Among deleted
   * ones, who may share them, it is the one that was deleted last; a live one comes before them.
   */
  find(
    constraint: string,
    values: readonly JsonValue[],
    tx: Join<Tx>,
    seen?: Visibility,
    known?: KnownEntities,
  ): Promise<StoredEntity | undefined>;

  /** The entity as it was at the bound; `undefined` when there is none now. */
  loadPast(
    id: string,
    bound: PastBound,
    tx: Join<Tx>,
    seen?: Visibility,
  ): Promise<PastEntity | undefined>;

  /** A stretch of the entity's events, in the query's order; `undefined` when there is no such entity. */
  history(
    id: string,
    query: HistoryQuery,
    tx: Join<Tx>,
    seen?: Visibility,
  ): Promise<readonly HistoryEvent[] | undefined>;

  /**
   * A stretch of the events of an entity and of everything below it, removed children included, in the
   * query's order of positions; `undefined` when there is no such entity. `seen.kinds` are those of children.
   */
  treeHistory(
    id: string,
    query: HistoryQuery,
    tx: Join<Tx>,
    seen?: Visibility,
  ): Promise<readonly TreeEvent[] | undefined>;

  /** How many entities fulfil the condition. Stops counting at `limit`. */
  count(
    where: Predicate,
    limit: number | undefined,
    tx: Join<Tx>,
    seen?: Visibility,
  ): Promise<number>;

  /** One page of entities in the order of the query. */
  list(
    query: ListQuery,
    tx: Join<Tx>,
    seen?: Visibility,
    known?: KnownEntities,
  ): Promise<readonly ListedEntity[]>;
}
