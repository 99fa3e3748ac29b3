/** A nonce of 96 bits, drawn anew for each value: a key seals far fewer values than would repeat one. */
const NONCE_BYTES = 12;
const KEY_BYTES = 32;

const ALGORITHM = "AES-GCM";

/** A key as the web's own cryptography has it, by whatever name the runtime's types call it. */
export type SealKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key of 256 bits, for `encrypt` and `decrypt` alone. */
export const aesKey = (bytes: Uint8Array<ArrayBuffer>): Promise<SealKey> =>
  crypto.subtle.importKey("raw", bytes, ALGORITHM, false, ["encrypt", "decrypt"]);

export const newKeyBytes = (): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(KEY_BYTES));

/** AES-256-GCM: the nonce, and after it the ciphertext with its tag. Storage format. */
export const encrypt = async (
  key: SealKey,
  plain: Uint8Array<ArrayBuffer>,
  boundTo: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> => {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const parameters = { name: ALGORITHM, iv, additionalData: boundTo };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, plain));
  const all = new Uint8Array(NONCE_BYTES + sealed.length);
  all.set(iv);
  all.set(sealed, NONCE_BYTES);
  return all;
};

/** What was encrypted; `undefined` with another key, bound to something else, or when it was changed. */
export const decrypt = async (
  key: SealKey,
  sealed: Uint8Array<ArrayBuffer>,
  boundTo: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer | undefined> => {
  const iv = sealed.subarray(0, NONCE_BYTES);
  const parameters = { name: ALGORITHM, iv, additionalData: boundTo };
  try {
    return await crypto.subtle.decrypt(parameters, key, sealed.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
};
