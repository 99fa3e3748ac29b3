declare const brand: unique symbol;

/**
 * What stands where a personal value was, once its subject was forgotten. There is one such value,
 * `forgotten`; `isForgotten` tells it apart. In JSON it is `null`, and as a text `[forgotten]`.
 */
export interface Forgotten {
  readonly [brand]: true;
  toString(): string;
  toJSON(): null;
}

// A class, so that nothing takes it for a record of data.
class ForgottenValue {
  toString(): string {
    return "[forgotten]";
  }

  toJSON(): null {
    return null;
  }
}

/** The one forgotten value. A decision may also record it, for example to take a value out of the state. */
export const forgotten: Forgotten = Object.freeze(new ForgottenValue()) as unknown as Forgotten;

/** Whether a personal value is there no more. */
export const isForgotten = (value: unknown): value is Forgotten => value === forgotten;

/** A value of a personal field while it is there. */
export type Remembered<Value> = Exclude<Value, Forgotten>;
