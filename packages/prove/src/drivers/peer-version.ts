import { readFileSync } from "node:fs";

const manifest = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { readonly dependencies: Readonly<Record<string, string>> };

/** The version of a package that is compared: it is pinned to one. */
export const peerVersion = (name: string): string => manifest.dependencies[name] ?? "unknown";
