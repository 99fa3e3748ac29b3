import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import { aesKey, decrypt, encrypt, newKeyBytes, type SealKey } from "./aes-gcm.ts";
import { fromText, toText, utf8 } from "./bytes.ts";

export interface LocalKeysOptions {
  /** The name of the key that new data keys are wrapped with: one of `keys`. */
  readonly current: string;
  /**
   * Keys by names of your choice: 32 bytes each, in base64 or base64url. Keep every one that data keys are
   * wrapped with; after `rotateKeys`, the older ones may go.
   */
  readonly keys: { readonly [name: string]: string };
}

/** A new key for `localKeys`, from 256 random bits, in base64url. */
export const newLocalKey = (): string => toText(newKeyBytes());

/**
 * Keys that this process has itself, for example from its environment. They never leave it, and are not in
 * the database; whoever has both can read what is sealed.
 *
 * @throws InvalidArgumentError for a key that is not 32 bytes, and a current one that is not there.
 */
export const localKeys = ({ current, keys }: LocalKeysOptions): KeyProvider => {
  const imported = new Map(
    Object.entries(keys).map(([name, text]) => [name, aesKey(checkedBytes(name, text))]),
  );
  const keyNamed = (name: string): Promise<SealKey> => {
    const key = imported.get(name);
    if (key !== undefined) return key;
    throw new InvalidArgumentError(
      "keys",
      `there is no key "${name}"`,
      "Keep every key that data keys are wrapped with.",
    );
  };
  keyNamed(current);
  const boundTo = (keyId: string, subject: string) =>
    utf8(JSON.stringify(["annals data key", 1, keyId, subject]));
  return Object.freeze({
    currentKeyId: current,
    wrap: (given) =>
      Promise.all(
        given.map(async ({ subject, key }) => ({
          keyId: current,
          wrapped: await encrypt(
            await keyNamed(current),
            new Uint8Array(key),
            boundTo(current, subject),
          ),
        })),
      ),
    unwrap: (given) =>
      Promise.all(
        given.map(async ({ keyId, wrapped, subject }) => {
          const bound = boundTo(keyId, subject);
          const plain = await decrypt(await keyNamed(keyId), new Uint8Array(wrapped), bound);
          if (plain !== undefined) return new Uint8Array(plain);
          throw new InvalidArgumentError(
            "keys",
            `a data key cannot be unwrapped with the key "${keyId}"`,
            "Another key had this name when it was wrapped.",
          );
        }),
      ),
  } satisfies KeyProvider);
};

const checkedBytes = (name: string, text: string): Uint8Array<ArrayBuffer> => {
  const bytes = typeof text === "string" ? fromText(text) : undefined;
  if (bytes?.length === 32) return bytes;
  throw new InvalidArgumentError(
    "keys",
    `the key "${name}" is not 32 bytes in base64`,
    "Make one with newLocalKey().",
  );
};
