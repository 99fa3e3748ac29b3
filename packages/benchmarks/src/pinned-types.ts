import pg from "pg";

const { JSON: JSON_OID, JSONB, INT8 } = pg.types.builtins;

const PINNED: ReadonlyMap<number, (text: string) => unknown> = new Map([
  [JSON_OID, JSON.parse],
  [JSONB, JSON.parse],
  [INT8, (text: string) => text],
]);

/**
 * The parsers that a pool has before any library in this process replaces them: peers put slower ones
 * in their place, which would be measured as ours, or which another peer does not expect.
 */
export const pinnedTypes = (): pg.CustomTypesConfig => ({
  getTypeParser: ((oid: number, format: "text" | "binary") =>
    (format === "binary" ? undefined : PINNED.get(oid)) ??
    pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
});
