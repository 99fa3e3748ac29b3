import type { DeadLetterStatus } from "./dead-letters.ts";

/** An event that a consumer could not handle, and what became of it. */
export interface DeadLetter {
  readonly consumer: string;
  readonly topic: string;
  /** The entity's id, or the key. */
  readonly key: string;
  readonly sequence: number;
  /** With the consumer's name, what identifies the letter. */
  readonly position: number;
  readonly eventType: string;
  readonly status: DeadLetterStatus;
  /** How often it has been tried. */
  readonly attempts: number;
  readonly error: {
    readonly class: string;
    readonly code: string | null;
    readonly message: string;
  } | null;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
  /** When it is tried again, for `retrying`. */
  readonly retryAt: Date | null;
  /** Why it was discarded. */
  readonly reason: string | null;
}

export interface DeadLetterFilter {
  readonly consumer: string;
  /** Default is those about which something is still to happen or to be decided. */
  readonly status?: readonly DeadLetterStatus[] | undefined;
  readonly positions?: readonly number[] | undefined;
  readonly keys?: readonly string[] | undefined;
}

export interface DeadLetterList extends DeadLetterFilter {
  /** How many at most. Default is 100. */
  readonly first?: number | undefined;
  /** Only those after this position. */
  readonly after?: number | undefined;
}

/** What operators see and decide about consumers. */
export interface ConsumerAdmin {
  /** Dead letters by rising position. */
  deadLetters(list: DeadLetterList): Promise<readonly DeadLetter[]>;

  /**
   * Has dead letters tried again, each ahead of what waits behind it. Says how many.
   *
   * One that fails again is dead at once.
   */
  redrive(filter: DeadLetterFilter): Promise<number>;

  /** Passes over dead letters for good, and lets what waits behind them go on. Says how many. */
  discard(filter: DeadLetterFilter & { readonly reason: string }): Promise<number>;
}
