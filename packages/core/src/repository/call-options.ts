import type { AnyEntity, HasLifecycle } from "../define/entity-definition.ts";
import type { Visibility } from "../port/store.ts";

import type { IdempotencyOptions } from "./idempotency.ts";

/** Which transaction a call takes part in. */
export interface CallOptions<Tx> {
  /**
   * The transaction to take part in. `"none"` says, inside a running one, that this call commits on its
   * own on purpose. Default is to commit on its own.
   */
  readonly tx?: Tx | "none";
}

/** Options of calls that read, where the types of the definition no longer help. */
export type UntypedReadOptions<Tx> = CallOptions<Tx> & Visibility;

/** Options of calls that read: with `includeDeleted` where the definition declares a lifecycle. */
export type ReadOptions<Definition extends AnyEntity, Tx> = CallOptions<Tx> &
  (HasLifecycle<Definition> extends true ? IncludeDeleted : unknown);

interface IncludeDeleted {
  /** Whether deleted entities are found as well. Default is `false`. */
  readonly includeDeleted?: boolean;
}

/** The options of a call that writes. */
export type OnceOptions<Tx> = CallOptions<Tx> & IdempotencyOptions;
