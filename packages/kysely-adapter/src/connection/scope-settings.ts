import { type Statement, statement } from "./statement.ts";

/** What a transaction has to be told before a statement sees rows: values for settings, by their names. */
export interface ScopeSettings {
  /** Qualified names, such as `annals.tenant_id`. */
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/**
 * Marks a text whose last parameters are settings. A setting that a statement makes is not in force for
 * that statement: policies are looked up before. So it takes another one before it, in one transaction.
 */
const MARKER = /^\/\* annals within ([a-z0-9_$.,]+) \*\/ /i;

export const withinScope = (sql: string, { names }: ScopeSettings): string =>
  `/* annals within ${names.join(",")} */ ${sql}`;

/** A text taken apart that `withinScope` made; `undefined` for any other. */
export const scopedText = (
  text: string,
): { readonly names: readonly string[]; readonly sql: string } | undefined => {
  if (!text.startsWith("/* annals within ")) return undefined;
  const [marker, names] = MARKER.exec(text) ?? [];
  if (marker === undefined || names === undefined) return undefined;
  return { names: names.split(","), sql: text.slice(marker.length) };
};

const made = new Map<string, Statement>();

/** The statement that makes settings for the rest of the transaction. Parameters: their values. */
export const makeSettings = (names: readonly string[]): Statement => {
  const key = names.join(",");
  const known = made.get(key);
  if (known !== undefined) return known;
  const calls = names.map((name, at) => `set_config('${name}', $${at + 1}, true)`);
  const setting = statement("scope", `select ${calls.join(", ")}`);
  made.set(key, setting);
  return setting;
};
