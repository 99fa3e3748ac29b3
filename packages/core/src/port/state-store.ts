import type { JsonObject } from "../define/json-value.ts";

/** What a store does for state that consumers keep by key. Every call takes part in a transaction. */
export interface StateStore<Tx> {
  /** The value of a key, which nobody else reads or writes until the transaction ends. */
  get(key: string, tx: Tx): Promise<JsonObject | undefined>;

  set(key: string, value: JsonObject, until: Date | undefined, tx: Tx): Promise<void>;

  /** Returns whether there was one. */
  delete(key: string, tx: Tx): Promise<boolean>;

  /** Takes what was to be kept until then or before, the earliest first, at most `limit`. */
  takeDue(time: Date, limit: number, tx: Tx): Promise<readonly StoredState[]>;
}

export interface StoredState {
  readonly key: string;
  readonly value: JsonObject;
}
