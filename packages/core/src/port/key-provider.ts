/** A data key, and whose it is: who wraps it may bind the one to the other. */
export interface DataKey {
  /** `kind/id`, for example `user/0190…`. */
  readonly subject: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** A data key as it is stored: encrypted with a key that only its provider has. */
export interface WrappedKey {
  /** The provider's name for the key that it was wrapped with. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/**
 * Whoever holds the keys that data keys are wrapped with: a service for key management, or `localKeys` for
 * keys that the process itself has. Data keys come and go in lists, so that a batch is one request.
 */
export interface KeyProvider {
  /** The key that `wrap` uses now. Data keys that were wrapped with another are wrapped anew by `rotateKeys`. */
  readonly currentKeyId: string;
  /** Wraps each with the current key, in the order given. */
  wrap(keys: readonly DataKey[]): Promise<readonly WrappedKey[]>;
  /** Unwraps each with the key that it names, in the order given. */
  unwrap(
    keys: readonly (WrappedKey & { readonly subject: string })[],
  ): Promise<readonly Uint8Array[]>;
}
