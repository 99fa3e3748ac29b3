import type { ChildOf, ChildrenOf, HasChildren } from "../define/children.ts";
import type { AnyEntity, HasLifecycle } from "../define/entity-definition.ts";
import type { IdempotencyOptions } from "./idempotency.ts";
import type { UntypedVisibility } from "./seen-children.ts";
import type { WhereOf } from "./where-type.ts";

/** Which transaction a call takes part in. */
export interface CallOptions<Tx> {
  /**
   * The transaction to take part in. `"none"` says, inside a running one, that this call commits on its
   * own on purpose. Default is to commit on its own.
   */
  readonly tx?: Tx | "none";
}

/** Options of calls that read, where the types of the definition no longer help. */
export type UntypedReadOptions<Tx> = CallOptions<Tx> & UntypedVisibility;

/** Options of calls that read: with `includeDeleted` where the definition declares a lifecycle. */
export type ReadOptions<Definition extends AnyEntity, Tx> = CallOptions<Tx> &
  SeenOptions<Definition>;

/** Of these, what says how much of an entity is seen. */
export type SeenOptions<Definition extends AnyEntity> = HistoryOption &
  (HasLifecycle<Definition> extends true ? IncludeDeleted : unknown) &
  (HasChildren<Definition> extends true ? ChildrenOption<ChildrenOf<Definition>> : unknown);

export interface HistoryOption {
  /**
   * Whether all events are read, for `historyCommands` and a look at `history`. Default is `false`: where
   * the definition keeps snapshots, the state is read, and the events since. Without snapshots they all are,
   * always.
   */
  readonly history?: boolean | undefined;
}

interface ChildrenOption<Declarations> {
  /**
   * Which children are read with the entity: none with `false`, only some kinds with `["lines"]`, those that
   * are not `false` in `{ lines: false }`, and of a kind only some with `{ lines: { where: { sku } } }`, a
   * condition over their index columns. Decisions cannot look at what was left out. Default is all.
   */
  readonly children?:
    | false
    | readonly (keyof Declarations & string)[]
    | {
        readonly [Kind in keyof Declarations]?:
          | boolean
          | { readonly where: WhereOf<ChildOf<Declarations[Kind]>> };
      }
    | undefined;
}

interface IncludeDeleted {
  /** Whether deleted entities are found as well, and removed children with them. Default is `false`. */
  readonly includeDeleted?: boolean;
}

/** The options of a call that writes. */
export type OnceOptions<Tx> = CallOptions<Tx> & IdempotencyOptions;
