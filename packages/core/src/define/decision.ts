declare const rejectionBrand: unique symbol;
declare const alreadyAppliedBrand: unique symbol;

/** A command's refusal, made by `reject()`. */
export interface Rejection {
  readonly [rejectionBrand]: true;
  readonly code: string;
  readonly details: unknown;
}

/** A command's answer that what it asks for holds already. */
export interface AlreadyApplied {
  readonly [alreadyAppliedBrand]: true;
}

/** What a command may answer: one event, several, nothing to do, or a refusal. */
export type Decision<Event> = Event | readonly Event[] | AlreadyApplied | Rejection;

class RejectionValue {
  readonly code: string;
  readonly details: unknown;
  constructor(code: string, details: unknown) {
    this.code = code;
    this.details = details;
  }
}

/** Says that the command's effect is in place already; nothing is appended. */
export const alreadyApplied: AlreadyApplied = Object.freeze({}) as AlreadyApplied;

/**
 * Refuses a command.
 *
 * @param code the domain's own name for the reason, for example `"suspended"`. Callers branch on it.
 * @param details anything that helps the caller; kept out of error messages.
 */
export const reject = (code: string, details?: unknown): Rejection =>
  Object.freeze(new RejectionValue(code, details)) as unknown as Rejection;

export const isRejection = (decision: unknown): decision is Rejection =>
  decision instanceof RejectionValue;
