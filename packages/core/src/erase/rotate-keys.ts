import { KeyProviderError, KeysRequiredError } from "../errors/erase-errors.ts";
import type { KeyProvider, WrappedKey } from "../port/key-provider.ts";
import type { SubjectStore } from "../port/subject-store.ts";
import type { Rotation } from "./erasure-type.ts";

const PAGE = 500;

/** Wraps data keys anew, page by page in the order of their subjects. What it was stopped at is begun again. */
export const rotateKeys = async <Tx>(
  subjects: SubjectStore<Tx>,
  keys: KeyProvider | undefined,
  signal: AbortSignal | undefined,
): Promise<Rotation> => {
  if (keys === undefined) throw new KeysRequiredError("erasure");
  let rewrapped = 0;
  let after = "";
  while (signal?.aborted !== true) {
    const current = keys.currentKeyId;
    const page = await subjects.oldKeys({ current, after, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return { rewrapped, finished: true };
    const given = page.map(({ subject, key }) => ({ subject, ...key }));
    const plain = await asked("unwrap", given.length, () => keys.unwrap(given));
    const fresh = page.map(({ subject }, at) => ({ subject, key: plain[at] as Uint8Array }));
    const wrapped = await asked("wrap", fresh.length, () => keys.wrap(fresh));
    rewrapped += await subjects.rewrap(
      page.map(({ subject, key }, at) => ({
        subject,
        from: key,
        to: wrapped[at] as WrappedKey,
      })),
    );
    after = last.subject;
  }
  return { rewrapped, finished: false };
};

const asked = async <Result>(
  does: "wrap" | "unwrap",
  keys: number,
  ask: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await ask();
  } catch (cause) {
    throw new KeyProviderError({ does, keys }, { cause });
  }
};
