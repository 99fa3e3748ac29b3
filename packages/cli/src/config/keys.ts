import type { ContextSource, KeyProvider } from "@annals/core";
import { hiddenKeys } from "@annals/core/adapter";
import { CliError } from "../cli-error.ts";
import type { LoadedConfig } from "./load-config.ts";

/** The project's keys, for calls that take them where there are any. */
export const keysOf = ({ keys }: LoadedConfig): { readonly keys?: KeyProvider } =>
  keys === undefined ? {} : { keys };

/** What personal values are read with: nothing, unless somebody asks to see them. */
export const readingKeys = (
  { keys, file }: LoadedConfig,
  { personal = false }: { readonly personal?: boolean },
): KeyProvider => {
  if (!personal) return hiddenKeys;
  if (keys !== undefined) return keys;
  throw new CliError(
    "--personal needs the keys of personal values",
    `Add keys to ${file}: localKeys(), or your own provider.`,
  );
};

/** Stands for whatever contexts events were stored with: nothing is stored by it, and all of it is opened. */
export const anyContext: ContextSource = {
  stored: () => undefined,
  erasure: { subject: { kind: "", field: "" } },
};
