import { CliError } from "../cli-error.ts";

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A time in ISO 8601, or how long ago: `90s`, `15m`, `2h`, `3d`.
 *
 * @throws CliError for anything else.
 */
export const parseSince = (text: string, now: Date): Date => {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined) {
    return new Date(now.getTime() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  }
  const time = new Date(text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new CliError(`"${text}" is no time`, "Write 2026-03-01T12:00:00Z, or 15m for a time ago.");
};
