import { AnnalsError } from "./annals-error.ts";

/** Personal values were to be written of somebody who was forgotten. Nothing of the call was written. */
export class SubjectForgottenError extends AnnalsError {
  readonly code = "ANNALS_SUBJECT_FORGOTTEN";
  /** The entity or topic whose event it was. */
  readonly entity: string;
  /** Who was forgotten: `kind/id`. */
  readonly subject: string;

  constructor(at: { entity: string; subject: string }, options?: ErrorOptions) {
    super(
      {
        message: `${at.entity} was to get personal values of ${at.subject}, which was forgotten`,
        hint: "Whoever comes back is a new subject, with an id of its own.",
      },
      options,
    );
    this.entity = at.entity;
    this.subject = at.subject;
  }
}

/** The provider of keys could not wrap or unwrap data keys. See the cause. */
export class KeyProviderError extends AnnalsError {
  readonly code = "ANNALS_KEY_PROVIDER";
  override readonly retryable = true;
  readonly does: "wrap" | "unwrap";

  constructor(at: { does: "wrap" | "unwrap"; keys: number }, options?: ErrorOptions) {
    super(
      {
        message: `The provider of keys could not ${at.does} ${at.keys} data ${at.keys === 1 ? "key" : "keys"}`,
        hint: "Repeat the call when the provider is there again; keep every key that data keys are wrapped with.",
      },
      options,
    );
    this.does = at.does;
  }
}

/** Something personal is to be written or read, but nobody said who holds the keys. */
export class KeysRequiredError extends AnnalsError {
  readonly code = "ANNALS_KEYS_REQUIRED";
  readonly definition: string;

  constructor(definition: string) {
    super({
      message: `"${definition}" has personal values that are kept by keys, and none were given`,
      hint: "Pass a provider as { keys }: localKeys(), or one over your key management.",
    });
    this.definition = definition;
  }
}
