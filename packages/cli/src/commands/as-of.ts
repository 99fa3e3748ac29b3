import type { AsOf } from "@annals/core";
import { CliError } from "../cli-error.ts";

/**
 * A version (`3`), a position (`@1204`) or a time (ISO 8601) as a repository takes it.
 *
 * @throws CliError for anything else.
 */
export const parseAsOf = (text: string): AsOf => {
  if (/^[1-9]\d*$/.test(text)) return { version: Number(text) };
  if (/^@\d+$/.test(text)) return { position: Number(text.slice(1)) };
  const time = new Date(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new CliError(
    `"${text}" is neither a version nor a position nor a time`,
    "Write 3, @1204, or 2026-03-01T12:00:00Z.",
  );
};
