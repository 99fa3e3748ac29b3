/** A length of time; what is left out counts nothing. */
export interface Span {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

const UNITS_MS: Readonly<Record<keyof Span, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
};

/** A hundred thousand days; dates that are further away are outside of what a Date can tell. */
const SPAN_MAX_MS = 100_000 * UNITS_MS.days;

/** The span in milliseconds; `undefined` for one that is not above nothing, or names another unit. */
export const spanMs = (span: Span): number | undefined => {
  let total = 0;
  for (const [unit, count] of Object.entries(span)) {
    const ms = UNITS_MS[unit as keyof Span];
    if (ms === undefined || typeof count !== "number" || !(count >= 0)) return undefined;
    total += Math.round(count * ms);
  }
  return total > 0 && total <= SPAN_MAX_MS ? total : undefined;
};
