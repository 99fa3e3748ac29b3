import pg from "pg";

const JSON_OIDS: readonly number[] = [pg.types.builtins.JSON, pg.types.builtins.JSONB];

/**
 * The parsers that a pool has before any library in this process replaces them: peers put slower ones
 * for JSON in their place, which would be measured as ours.
 */
export const pinnedTypes = (): pg.CustomTypesConfig => ({
  getTypeParser: ((oid: number, format: "text" | "binary") =>
    JSON_OIDS.includes(oid) && format !== "binary"
      ? JSON.parse
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
});
