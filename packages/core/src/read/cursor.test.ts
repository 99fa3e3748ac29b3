import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";

it("comes back as it went in, as text that is safe in a URL", () => {
  const cursors = fc.record({
    orderBy: fc.string(),
    direction: fc.constantFrom("asc" as const, "desc" as const),
    position: fc.record({
      value: fc.option(fc.string({ unit: "grapheme" })),
      id: fc.uuid(),
    }),
  });
  fc.assert(
    fc.property(cursors, (cursor) => {
      const text = encodeCursor(cursor);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect(decodeCursor(text)).toEqual(cursor);
    }),
  );
});

it.each(["", "x", "e30", btoa('[2,"id","asc",null,"x"]'), btoa('[1,"id","up",null,"x"]'), "ü"])(
  "is nothing when it is %j",
  (text) => {
    expect(decodeCursor(text)).toBeUndefined();
  },
);
