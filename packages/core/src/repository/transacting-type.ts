import type { Entity } from "../decide/entity.ts";
import type { IsChild } from "../define/children.ts";
import type { AnyEntity, IdOf } from "../define/entity-definition.ts";
import type { HistoryOption } from "./call-options.ts";
import type { EntityRefs } from "./entity-refs-type.ts";
import type { IdempotencyOptions } from "./idempotency.ts";
import type { Repository } from "./repository-type.ts";
import type { RetryOptions } from "./retry.ts";
import type { PerScope } from "./scoping-type.ts";
import type { Replayed, Transacted } from "./write-methods.ts";

/** What every call of a repository that demands a transaction is given. */
export interface InTransaction<Tx> {
  /** The transaction to take part in: this repository commits nothing on its own. */
  readonly tx: Tx;
}

/** The arguments of a call whose options, its last one, can no longer be left out. */
type Demanded<Arguments extends readonly unknown[], Tx> =
  Required<Arguments> extends readonly [...infer Given, infer Options]
    ? [...Given, options: Options & InTransaction<Tx>]
    : never;

/** Calls that demand a transaction. Those with type parameters of their own are declared by hand. */
export type Demanding<Calls, Tx, ByHand extends PropertyKey> = {
  readonly [Call in keyof Calls as Exclude<Call, ByHand>]: Calls[Call] extends (
    ...args: infer Arguments
  ) => infer Returned
    ? (...args: Demanded<Arguments, Tx>) => Returned
    : never;
};

interface TransactMethod<Definition extends AnyEntity, Tx> {
  /** As in other repositories; the finder is called with the transaction, which it has to pass on. */
  transact<Result>(
    target: DemandingTarget<Definition, Tx>,
    decide: (entity: Entity<Definition>) => Result | Promise<Result>,
    options: RetryOptions &
      HistoryOption &
      IdempotencyOptions &
      Pick<Required<IdempotencyOptions>, "idempotencyKey"> &
      InTransaction<Tx>,
  ): Promise<Transacted<Definition, Result> | Replayed<Definition>>;

  transact<Result>(
    target: DemandingTarget<Definition, Tx>,
    decide: (entity: Entity<Definition>) => Result | Promise<Result>,
    options: RetryOptions & HistoryOption & InTransaction<Tx>,
  ): Promise<Transacted<Definition, Result>>;
}

type DemandingTarget<Definition extends AnyEntity, Tx> =
  | IdOf<Definition>
  | ((options: InTransaction<Tx> & HistoryOption) => Promise<Entity<Definition>>);

/** A repository opened with `requireTransaction`: a call without `{ tx }` does not compile. */
export type TransactingRepository<Definition extends AnyEntity, Tx> = Demanding<
  Repository<Definition, Tx>,
  Tx,
  "transact" | keyof EntityRefs<Definition, Tx>
> &
  TransactMethod<Definition, Tx> &
  (IsChild<Definition> extends true ? unknown : EntityRefs<Definition, Tx, true>);

/** Whether a repository demands a transaction. */
export interface TransactionDemand<Demand extends boolean> {
  /**
   * Whether every call has to take part in a transaction: one without `{ tx }` does not compile, and is a
   * TransactionRequiredError where types do not reach. Default is `false`.
   */
  readonly requireTransaction?: Demand;
}

/** The repository that the options ask for. */
export type RepositoryFor<Definition extends AnyEntity, Tx, Demand extends boolean> = PerScope<
  Definition,
  Demand extends true ? TransactingRepository<Definition, Tx> : Repository<Definition, Tx>
>;
