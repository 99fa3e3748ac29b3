import type { ContextErasure } from "../define/context-erasure.ts";
import type { Cause } from "../define/context-model.ts";
import type { JsonObject } from "../define/json-value.ts";

/** Where a repository takes the context of the events it stores from. */
export interface ContextSource {
  /**
   * What is known now of why things happen, in its stored form; `undefined` when nothing is. Asked once
   * for each write, when `create` or `update` is called, and stored as it is: it must be plain JSON.
   */
  stored(): JsonObject | undefined;
  /** Whom its personal values are about, where it has any: they are sealed before they are stored. */
  readonly erasure?: ContextErasure | undefined;
}

/** A context that work can be run in, so that consumers say what caused the events of their handlers. */
export interface ContextScope extends ContextSource {
  /** Runs `work`, and whatever it awaits, in the current context with the cause added to it. */
  runCaused<Result>(cause: Cause, work: () => Result): Result;
}
