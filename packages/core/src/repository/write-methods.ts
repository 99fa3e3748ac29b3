import type { Entity } from "../decide/entity.ts";
import type { AnyEntity, CreateInputOf, Declared, IdOf } from "../define/entity-definition.ts";
import type { CallOptions } from "./call-options.ts";
import type { RetryOptions } from "./retry.ts";

/** The arguments of `create`: with the id where the definition says that callers choose it. */
export type CreateArguments<
  Definition extends AnyEntity,
  Tx,
> = Declared<Definition>["source"] extends "caller"
  ? [input: CreateInputOf<Definition>, options: CallOptions<Tx> & { readonly id: IdOf<Definition> }]
  : unknown extends CreateInputOf<Definition>
    ? [input?: CreateInputOf<Definition>, options?: CallOptions<Tx>]
    : [input: CreateInputOf<Definition>, options?: CallOptions<Tx>];

/** The calls that write. */
export interface WriteMethods<Definition extends AnyEntity, Tx> {
  /**
   * Decides and stores a new entity: its index row and first events in one statement.
   *
   * @throws CommandRejectedError, InvalidEventError, InvalidStateError, DuplicateValueError,
   * EntityAlreadyExistsError, LockTimeoutError
   */
  create(...args: CreateArguments<Definition, Tx>): Promise<Entity<Definition>>;

  /**
   * Stores what is pending: the new events and the index row in one statement. Nothing pending, no
   * statement.
   *
   * @returns how many events were written.
   * @throws ConcurrentModificationError, DuplicateValueError, EntityUnusableError, LockTimeoutError
   */
  update(entity: Entity<Definition>, options?: CallOptions<Tx>): Promise<number>;

  /**
   * Reads, decides and stores; and when somebody else appended in between, all of it again, a bounded
   * number of times. What `decide` throws ends it at once: a rejection is never repeated.
   *
   * @param target an id, or a finder, which is called with the options that it has to pass on.
   * @param decide may be called several times, each time with the entity as it then is.
   * @returns the entity as it is stored now, and what `decide` returned the last time.
   * @throws ConcurrentModificationError when the attempts are used up, and what the finder, `decide`
   * and `update` throw.
   * @example
   * await users.transact(id, (user) => user.changeEmail("countess@example.com"));
   * await users.transact((options) => users.findByEmail("a@example.com", options), (user) => user.suspend("spam"));
   */
  transact<Result>(
    target: IdOf<Definition> | ((options: CallOptions<Tx>) => Promise<Entity<Definition>>),
    decide: (entity: Entity<Definition>) => Result | Promise<Result>,
    options?: RetryOptions & CallOptions<Tx>,
  ): Promise<{ readonly entity: Entity<Definition>; readonly result: Result }>;
}
