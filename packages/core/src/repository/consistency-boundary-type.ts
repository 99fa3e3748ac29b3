import type { EntityRef } from "./entity-refs-type.ts";
import type { IdempotencyOptions } from "./idempotency.ts";
import type { RetryOptions } from "./retry.ts";

type AnyRef = EntityRef<unknown, never>;

/** What a decision gets: at each place the entity, or what creates some. */
type GivenOf<Refs extends readonly AnyRef[]> = {
  readonly [Place in keyof Refs]: Refs[Place] extends EntityRef<infer Given, never> ? Given : never;
};

/** The transactions that all of the entities' repositories can take part in. */
type TxOf<Refs extends readonly AnyRef[]> =
  Refs[number] extends EntityRef<unknown, infer Tx> ? Tx : never;

/** Whether any of the entities' repositories demands a transaction. */
type IsDemanding<Refs extends readonly AnyRef[]> = true extends {
  readonly [Place in keyof Refs]: Refs[Place] extends EntityRef<unknown, never, infer Joins>
    ? Joins
    : never;
}[number]
  ? true
  : false;

type Joining<Refs extends readonly AnyRef[]> =
  IsDemanding<Refs> extends true
    ? {
        /** The transaction to take part in: one of the repositories commits nothing on its own. */
        readonly tx: TxOf<Refs>;
      }
    : {
        /**
         * The transaction to take part in. `"none"` says, inside a running one, that this commits on its own
         * on purpose. Default is to commit on its own.
         */
        readonly tx?: TxOf<Refs> | "none";
      };

/** The options, which cannot be left out where one of them is needed. */
type OptionsOf<Refs extends readonly AnyRef[]> =
  IsDemanding<Refs> extends true
    ? [options: RetryOptions & Joining<Refs>]
    : [options?: RetryOptions & Joining<Refs>];

/** What a decision over several entities came to. */
export interface DecidedTogether<Result> {
  /** What the decision returned the last time. */
  readonly result: Result;
  readonly replayed: false;
}

/** What a decision came to whose idempotency key was known: nothing was written. */
export interface ReplayedTogether {
  /** Not stored with the key; what the caller needs is to be read from the entities. */
  readonly result: undefined;
  readonly replayed: true;
}

export type DecisionResult<Result> = DecidedTogether<Result> | ReplayedTogether;

/** `decide`: with a key, it may be a repetition. */
export interface Decide {
  <const Refs extends readonly AnyRef[], Result>(
    refs: Refs,
    decision: (...given: GivenOf<Refs>) => Result | Promise<Result>,
    options: RetryOptions &
      Joining<Refs> &
      IdempotencyOptions &
      Pick<Required<IdempotencyOptions>, "idempotencyKey">,
  ): Promise<DecisionResult<Result>>;

  <const Refs extends readonly AnyRef[], Result>(
    refs: Refs,
    decision: (...given: GivenOf<Refs>) => Result | Promise<Result>,
    ...options: OptionsOf<Refs>
  ): Promise<DecidedTogether<Result>>;
}
