import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findLostKey, NotJsonError, toJson } from "./json-value.ts";

const refusalOf = (value: unknown) => {
  try {
    toJson(value);
  } catch (error) {
    if (error instanceof NotJsonError) return error.issue;
    throw error;
  }
  return undefined;
};

describe("toJson", () => {
  it("copies what JSON keeps, exactly as JSON.parse gives it back", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        if (refusalOf(value) !== undefined) return;
        expect(toJson(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("drops keys that are undefined and shares nothing with its input", () => {
    const inner = { list: [1] };
    const copy = toJson({ inner, gone: undefined });
    expect(copy).toEqual({ inner: { list: [1] } });
    inner.list.push(2);
    expect(copy).toEqual({ inner: { list: [1] } });
  });

  it.each([
    [{ a: "x\u0000y" }, ["a"], "contains U+0000"],
    [{ a: ["\ud800"] }, ["a", 0], "contains a lone surrogate"],
    [{ a: { b: -0 } }, ["a", "b"], "is -0, which would become 0"],
    [{ a: Number.NaN }, ["a"], "is not a finite number"],
    [{ a: 2 ** 53 }, ["a"], "is a whole number beyond 2^53"],
    [{ a: [undefined] }, ["a", 0], "undefined cannot be stored as JSON"],
    [{ a: 1n }, ["a"], "bigint cannot be stored as JSON"],
    [{ a: new Date(0) }, ["a"], "an instance of Date cannot be stored as JSON"],
    [{ a: JSON.parse('{"__proto__": 1}') }, ["a", "__proto__"], "this key cannot be stored"],
    [{ "\udfff": 1 }, [], "contains a lone surrogate"],
  ])("refuses %o", (value, path, message) => {
    expect(refusalOf(value)).toEqual({ path, message });
  });

  it("refuses a value that contains itself, by its depth", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(refusalOf(cycle)?.message).toBe("nested deeper than 100");
  });
});

describe("findLostKey", () => {
  it("names the first key that was dropped, however deep", () => {
    expect(findLostKey({ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] })).toEqual(["a", "0", "c"]);
  });

  it("leaves undefined keys and instances of classes alone", () => {
    const given = { a: undefined, at: new Date() };
    expect(findLostKey(given, { at: "2026-01-01" })).toBeUndefined();
  });
});
