import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NotJsonError } from "../define/json-value.ts";
import { canonicalText } from "./canonical-text.ts";
import { fingerprint } from "./fingerprint.ts";

/** The same value with the keys of every object in another order. */
const reordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reordered(item)]),
  );
};

describe("canonicalText", () => {
  it("is the same in whatever order keys were given", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalText(reordered(value))).toBe(canonicalText(value));
      }),
    );
  });

  it("is JSON for what is JSON, so that different values have different texts", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalText(value))).toStrictEqual(value);
      }),
    );
  });

  it("sorts keys as RFC 8785 does, by their UTF-16 code units", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6 };
    expect(canonicalText(value)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  it("tells values of different kinds apart", () => {
    const at = new Date(1_700_000_000_000);
    const values = [
      ...[undefined, null, true, false, "undefined", "null", "true", ""],
      ...[0, -0, 1, 1n, "1", "1n", 1e21, Number.NaN, "NaN", Number.POSITIVE_INFINITY],
      ...[at, at.getTime(), at.toISOString(), `Date(${at.getTime()})`, new Date(0)],
      ...[[], {}, [[]], [undefined], [null], [1, 2], [2, 1], { a: 1 }, { a: "1" }, { a: [1] }],
    ];
    expect(new Set(values.map(canonicalText)).size).toBe(values.length);
  });

  it("passes over keys without a value, as JSON does", () => {
    expect(canonicalText({ b: 1, a: undefined })).toBe(canonicalText({ b: 1 }));
    expect(canonicalText(Object.assign(Object.create(null), { b: 1 }))).toBe('{"b":1}');
  });

  it("refuses what it could not tell apart, by its path", () => {
    const circle: { inner?: unknown } = {};
    circle.inner = circle;
    const refused: readonly [unknown, RegExp][] = [
      [() => 1, /a function/],
      [Symbol("s"), /a symbol/],
      [new Map(), /an instance of Map/],
      [new (class Money {})(), /an instance of Money/],
      [circle, /deeper than/],
    ];
    for (const [value, message] of refused) {
      expect(() => canonicalText({ list: [value] })).toThrow(message);
    }
    try {
      canonicalText({ list: [1, new Set()] });
      expect.unreachable();
    } catch (error) {
      expect((error as NotJsonError).issue.path).toEqual(["list", 1]);
    }
  });
});

describe("fingerprint", () => {
  // FIPS 180-4, the example of section "SHA-256" in the NIST's collection.
  it("is the SHA-256 of the text", async () => {
    expect(await fingerprint("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(await fingerprint("\u20ac")).toHaveLength(64);
  });
});
