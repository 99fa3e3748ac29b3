import type { AnyTopic } from "../define/any-topic.ts";
import type { ContextSource } from "../port/context.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { StoredReceipt } from "../port/subject-store.ts";

/** Whom to forget. */
export interface Subject {
  /** The kind that definitions name: by default the name of the entity that the subject is. */
  readonly kind: string;
  readonly id: string;
}

export interface ErasureSettings {
  /** The entities and topics of their own that have personal values. All of them, so that none is left out. */
  readonly definitions: readonly AnyTopic[];
  /** The contexts that have personal values: for kinds of subjects that no definition has. */
  readonly contexts?: readonly Pick<ContextSource, "erasure">[];
  /** Who holds the keys. */
  readonly keys?: KeyProvider;
}

export interface ForgetOptions {
  /** Why, for the log: the number of a request, and nothing that says who asked. */
  readonly reason: string;
}

/** What stays of having forgotten somebody. */
export interface ForgetReceipt extends StoredReceipt {
  readonly kind: string;
  readonly id: string;
}

/** What rotating the wrapping key did. */
export interface Rotation {
  /** How many data keys are wrapped with the current key now that were not before. */
  readonly rewrapped: number;
  /** Whether none is left that is wrapped with another; `false` after its signal was aborted. */
  readonly finished: boolean;
}

export interface Erasure {
  /**
   * Makes all personal values of a subject unreadable, for everybody and for ever, and appends the event that
   * says so to every entity that had any. What was stopped on the way is finished by the same call again;
   * somebody who was forgotten before gives the same receipt.
   *
   * @throws InvalidArgumentError when no definition has subjects of this kind, and when values are noted in
   * one that was not given; StoredEventError when an entity cannot be folded without the values: they are
   * unreadable all the same.
   */
  forget(subject: Subject, options: ForgetOptions): Promise<ForgetReceipt>;

  /** The receipt of having forgotten somebody. */
  receipt(subject: Subject): Promise<ForgetReceipt | undefined>;

  /**
   * Wraps data keys anew that are not wrapped with the provider's current key. No event changes. Afterwards the
   * older wrapping keys may be destroyed, and with them what old backups still have of data keys.
   *
   * @throws KeysRequiredError, KeyProviderError
   */
  rotateKeys(options?: { readonly signal?: AbortSignal }): Promise<Rotation>;
}
