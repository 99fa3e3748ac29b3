import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, CreateInputOf, Declared, IdOf } from "../define/entity-definition.ts";
import type { CallOptions, HistoryOption, OnceOptions } from "./call-options.ts";
import type { IdempotencyOptions } from "./idempotency.ts";
import type { RetryOptions } from "./retry.ts";

/** The arguments of `create`: with the id where the definition says that callers choose it. */
export type CreateArguments<
  Definition extends AnyEntity,
  Tx,
> = Declared<Definition>["source"] extends "caller"
  ? [input: CreateInputOf<Definition>, options: OnceOptions<Tx> & { readonly id: IdOf<Definition> }]
  : unknown extends CreateInputOf<Definition>
    ? [input?: CreateInputOf<Definition>, options?: OnceOptions<Tx>]
    : [input: CreateInputOf<Definition>, options?: OnceOptions<Tx>];

/** What a `transact` came to. */
export interface Transacted<Definition extends AnyEntity, Result> {
  /** The entity as it is stored now. */
  readonly entity: Entity<Definition>;
  /** What `decide` returned the last time. */
  readonly result: Result;
  readonly replayed: false;
}

/** What a `transact` came to whose idempotency key was known: nothing was written. */
export interface Replayed<Definition extends AnyEntity> {
  /** The entity as the first call with the key left it. */
  readonly entity: Entity<Definition>;
  /** Not stored with the key; what the caller needs is to be read from the entity. */
  readonly result: undefined;
  readonly replayed: true;
}

type TransactTarget<Definition extends AnyEntity, Tx> =
  | IdOf<Definition>
  | ((options: CallOptions<Tx> & HistoryOption) => Promise<Entity<Definition>>);

type BatchInput<Definition extends AnyEntity> = Declared<Definition>["source"] extends "caller"
  ? { readonly id: IdOf<Definition> } & InputField<CreateInputOf<Definition>>
  : CreateInputOf<Definition>;

type InputField<Input> = unknown extends Input
  ? { readonly input?: Input }
  : { readonly input: Input };

/**
 * What `createAll` takes: a list of inputs; where callers choose ids, of `{ id, input }`.
 */
export type BatchInputs<Definition extends AnyEntity> = readonly BatchInput<Definition>[];

/** The calls that write. */
export interface WriteMethods<Definition extends AnyEntity, Tx> {
  /**
   * Decides and stores a new entity: its index row and first events in one statement.
   *
   * @returns the entity; when the idempotency key is known, the one that the first call created, as it
   * was then, and `isReplayed` says so.
   * @throws CommandRejectedError, InvalidEventError, InvalidStateError, DuplicateValueError,
   * EntityAlreadyExistsError, LockTimeoutError, IdempotencyKeyReusedError
   */
  create(...args: CreateArguments<Definition, Tx>): Promise<Entity<Definition>>;

  /**
   * Stores what is pending: the new events and the index row in one statement. Nothing pending, no
   * statement.
   *
   * When the idempotency key is known, `entity` becomes what the first call left, with nothing pending,
   * and `isReplayed` says so.
   *
   * @returns how many events were written; when the key is known, how many the first call wrote.
   * @throws ConcurrentModificationError, DuplicateValueError, EntityUnusableError, LockTimeoutError,
   * IdempotencyKeyReusedError
   */
  update(entity: Entity<Definition>, options?: OnceOptions<Tx>): Promise<number>;

  /**
   * Decides and stores any number of new entities in one statement: all of them or none. Where callers
   * choose ids, each input comes with its id: `[{ id, input }]`. An empty list is no statement.
   *
   * @returns the entities in the order of the inputs.
   * @throws what `create` throws; `batchIndex` of the error says which input it was about.
   */
  createAll(
    inputs: BatchInputs<Definition>,
    options?: CallOptions<Tx>,
  ): Promise<readonly Entity<Definition>[]>;

  /**
   * Stores what is pending of any number of entities in one statement: of all of them, or of none when
   * one is refused. Entities with nothing pending are left out. Unique values may move among the
   * entities; where they go around in a circle, it is one transaction of two statements.
   *
   * @returns how many events were written.
   * @throws what `update` throws, with the `batchIndex` of the entity that it was about;
   * UniqueValueCycleError; InvalidArgumentError when an entity is given twice.
   */
  updateAll(entities: readonly Entity<Definition>[], options?: CallOptions<Tx>): Promise<number>;

  /**
   * Reads, decides and stores; and when somebody else appended in between, all of it again, a bounded
   * number of times. What `decide` throws ends it at once: a rejection is never repeated.
   *
   * @param target an id, or a finder, which is called with the options that it has to pass on, `history`
   * among them where it is given.
   * @param decide may be called several times, each time with the entity as it then is.
   * With an idempotency key that is known, nothing is written, whatever `decide` does, and the entity
   * is as the first call left it.
   *
   * @returns the entity, what `decide` returned the last time, and whether the call was a repetition.
   * @throws IdempotencyKeyReusedError, ConcurrentModificationError when the attempts are used up, and what the finder, `decide`
   * and `update` throw.
   * @example
   * await users.transact(id, (user) => user.changeEmail("countess@example.com"));
   * await users.transact((options) => users.findByEmail("a@example.com", options), (user) => user.suspend("spam"));
   */
  transact<Result>(
    target: TransactTarget<Definition, Tx>,
    decide: (entity: Entity<Definition>) => Result | Promise<Result>,
    options: RetryOptions &
      HistoryOption &
      OnceOptions<Tx> &
      Pick<Required<IdempotencyOptions>, "idempotencyKey">,
  ): Promise<Transacted<Definition, Result> | Replayed<Definition>>;

  transact<Result>(
    target: TransactTarget<Definition, Tx>,
    decide: (entity: Entity<Definition>) => Result | Promise<Result>,
    options?: RetryOptions & HistoryOption & CallOptions<Tx>,
  ): Promise<Transacted<Definition, Result>>;
}
