import type { AccountInput } from "./entities/account.ts";
import { toParcelId } from "./entities/parcel.ts";

/** What opens accounts of these names. */
export const inputs = (...names: readonly string[]): AccountInput[] =>
  names.map((name) => ({ email: `${name}@example.com`, name }));

/** An id for callers who choose them, by its last two digits. */
export const parcelId = (last: string) => toParcelId(`0190b6f0-0000-7000-8000-0000000000${last}`);
