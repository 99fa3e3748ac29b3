import pg from "pg";
import { expect, it } from "vitest";
import { pinnedTypes } from "./pinned-types.ts";

it("parses JSON as JSON, whatever was put in place of it", () => {
  const types = pinnedTypes();
  const before = pg.types.getTypeParser(pg.types.builtins.JSON);
  pg.types.setTypeParser(pg.types.builtins.JSON, () => "replaced");
  try {
    expect(types.getTypeParser(pg.types.builtins.JSON)('{"a": 1}')).toEqual({ a: 1 });
    expect(types.getTypeParser(pg.types.builtins.JSONB)("[1]")).toEqual([1]);
    expect(types.getTypeParser(pg.types.builtins.INT4)("7")).toBe(7);
    expect(types.getTypeParser(pg.types.builtins.INT8)("7")).toBe("7");
  } finally {
    pg.types.setTypeParser(pg.types.builtins.JSON, before);
  }
});
