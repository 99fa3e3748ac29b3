import { canonicalText } from "../append/canonical-text.ts";
import { fingerprint } from "../append/fingerprint.ts";
import { NotJsonError } from "../define/json-value.ts";
import { describeIssues } from "../errors/annals-error.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Idempotency } from "../port/rows.ts";

/** Makes a call take effect once, however often the request for it arrives. */
export interface IdempotencyOptions {
  /**
   * The request's key, 1 to 255 characters: whoever repeats the request gives the same one, and gets what
   * the first call came to. Unique per entity type, for as long as keys are kept.
   */
  readonly idempotencyKey?: string | undefined;
  /**
   * What the request asks for, which has to be the same whenever the key is: plain data, dates and
   * bigints. Say it where the default differs from try to try, for example by a time or a new id.
   * Default is the input of `create`, the pending events for `update`, and the id for `transact`.
   */
  readonly request?: unknown;
}

const KEY_LENGTH_MAX = 255;
const TTL_DEFAULT_MS = 24 * 60 * 60 * 1000;
const TTL_MAX_MS = 100 * 365 * TTL_DEFAULT_MS;

/** Turns the options of a call that has a key into what a store keeps of it. */
export class IdempotencyKeys {
  readonly #entity: string;
  readonly #ttlMs: number;

  /** @throws InvalidArgumentError */
  constructor(entity: string, ttlMs: number = TTL_DEFAULT_MS) {
    this.#entity = entity;
    this.#ttlMs = ttlMs;
    if (Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= TTL_MAX_MS) return;
    const problem = `idempotencyKeyTtlMs is not a whole number from 1 to ${TTL_MAX_MS}`;
    throw this.#invalidArgument(problem, `Leave it out for ${TTL_DEFAULT_MS}, a day.`);
  }

  /**
   * @param call the repository's call: the same key for another one is another request.
   * @param id the entity that the caller names, where there is one.
   * @param byDefault what the call asks for, where the caller does not say it.
   * @throws InvalidArgumentError
   */
  async of(
    { idempotencyKey, request }: IdempotencyOptions,
    call: string,
    id: unknown,
    byDefault: unknown,
  ): Promise<Idempotency> {
    const key = this.#checked(idempotencyKey);
    const asked = request === undefined ? { call, id, byDefault } : { call, id, request };
    return { key, fingerprint: await fingerprint(this.#textOf(asked)), ttlMs: this.#ttlMs };
  }

  #checked(key: unknown): string {
    const isUsable =
      typeof key === "string" &&
      key !== "" &&
      key.length <= KEY_LENGTH_MAX &&
      key.isWellFormed() &&
      !key.includes("\u0000");
    if (isUsable) return key;
    throw this.#invalidArgument(
      `the idempotency key is not a text of 1 to ${KEY_LENGTH_MAX} characters`,
      "Pass what the client sent for this request, a UUID for example.",
    );
  }

  #textOf(asked: object): string {
    try {
      return canonicalText(asked);
    } catch (error) {
      if (!(error instanceof NotJsonError)) throw error;
      throw this.#invalidArgument(
        `the request cannot be compared with another one: ${describeIssues([error.issue])}`,
        "Pass what is asked for as { request }, made of plain data.",
      );
    }
  }

  #invalidArgument(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#entity, problem, hint);
  }
}
