import { KeysRequiredError } from "../errors/erase-errors.ts";
import type { KeyProvider } from "../port/key-provider.ts";

/**
 * In place of a provider, for tools whose users are not to see what is personal: whatever is read with it has
 * `forgotten` where a personal value is, forgotten or not. Nothing can be written or looked up with it.
 */
export const hiddenKeys: KeyProvider = Object.freeze({
  currentKeyId: "hidden",
  wrap: async () => refuse(),
  unwrap: async () => refuse(),
});

const refuse = (): never => {
  throw new KeysRequiredError("this tool");
};
