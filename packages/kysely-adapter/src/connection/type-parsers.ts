type Parse = (text: string) => unknown;

const same: Parse = (text) => text;

// OIDs from the catalog pg_type; only the types that our own statements return.
const PARSERS: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [16, (text) => text === "t"],
  [17, (text) => Buffer.from(text.slice(2), "hex")], // bytea, as \x…
  [20, Number], // bigint: positions stay below 2^53
  [23, Number],
  [114, JSON.parse],
  [3802, JSON.parse],
]);

/**
 * Parsers for the results of our own statements, in the shape of `pg`'s per-query `types`. Never set
 * globally: another library in the process may have replaced the global ones, and the user's own
 * queries keep theirs.
 */
export const typeParsers = {
  getTypeParser: (oid: number): Parse => PARSERS.get(oid) ?? same,
};
