import type { StartPlace } from "@annals/core";
import { CliError } from "../cli-error.ts";
import { parseSince } from "./tail-start.ts";

/**
 * A place that a consumer may begin at: a position itself, `beginning`, `now`, a time, or how long ago.
 *
 * @throws CliError for anything else.
 */
export const resetPlace = (place: string): StartPlace => {
  if (place === "beginning" || place === "now") return place;
  if (/^\d{1,15}$/.test(place)) return { position: Number(place) };
  try {
    return { time: parseSince(place, new Date()) };
  } catch {
    throw new CliError(
      `"${place}" is no place to begin at`,
      "Write beginning, now, a time such as 2026-03-01T12:00:00Z or 2h, or a position.",
    );
  }
};
