import { InvalidEventError, InvalidStateError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineDocument } from "../entities/document.ts";
import { defineItem, item } from "../entities/item.ts";
import { defineRatio } from "../entities/ratio.ts";
import { thrownBy } from "../thrown-by.ts";

class Money {
  readonly amount = 1;
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : { in: nested(depth - 1) });

/** What JSON or the database would change or lose, and where in the value it is. */
const REFUSED: readonly (readonly [what: string, value: unknown, path: readonly PropertyKey[]])[] =
  [
    ["U+0000", "a\u0000", []],
    ["U+0000 in a list", { list: ["a", "b\u0000"] }, ["list", 1]],
    ["U+0000 in a key", { "a\u0000": 1 }, []],
    ["a lone high surrogate", ["\ud800"], [0]],
    ["a lone low surrogate", { a: { b: "x\udc00x" } }, ["a", "b"]],
    ["-0", { n: -0 }, ["n"]],
    ["an unsafe integer", [[2 ** 53]], [0, 0]],
    ["a negative unsafe integer", -(2 ** 53), []],
    ["NaN", { n: Number.NaN }, ["n"]],
    ["Infinity", [1, Infinity], [1]],
    ["undefined in a list", [1, undefined], [1]],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested.
    ["a hole in a list", [1, , 3], [1]],
    ["a bigint", { n: 1n }, ["n"]],
    ["a symbol", [Symbol("s")], [0]],
    ["a function", { f: () => 1 }, ["f"]],
    ["a date", { at: new Date(0) }, ["at"]],
    ["a map", new Map(), []],
    ["an instance of a class", { price: new Money() }, ["price"]],
    ["the key __proto__", JSON.parse('{ "a": { "__proto__": { "x": 1 } } }'), ["a", "__proto__"]],
    ["a value nested too deep", nested(200), Array(100).fill("in")],
  ];

const KEPT: readonly unknown[] = [
  ...[null, true, false, 0, "", [], {}, 0.1, -1e-7, 5e-324, 2 ** 53 - 1, -(2 ** 53 - 1)],
  { "": 1, "a.b": 2, 'quo"te': 3, $set: 4, type: 5, v: 6, id: 7, "\ud83d\ude00": 8 },
  { constructor: 1, toString: 2, hasOwnProperty: 3, toJSON: 4 },
  [[[]], [{}], [null]],
  { list: [1, "two", null, { three: [3] }] },
  "\u0001\u2028\ud83d\ude00",
  Object.assign(Object.create(null), { bare: 1 }),
  nested(60),
];

export const jsonValues = contractGroup("JSON", {
  "what JSON would change is refused with its path, and leaves nothing": async (bench) => {
    const documents = await bench.repository(defineDocument);
    const kept = await documents.create({ data: "kept" });
    for (const [what, value, path] of REFUSED) {
      const error = await thrownBy(documents.create({ data: value }), InvalidEventError);
      expect(error.eventType, what).toBe("DocumentWritten");
      const found = error.issues[0]?.path ?? [];
      expect(found.slice(0, path.length + 1), what).toEqual(["data", ...path]);

      expect(kept.attempt.write(value), what).toMatchObject({ outcome: "invalid" });
    }
    expect(await documents.update(kept)).toBe(0);
    const { items } = await documents.list();
    expect(items.map(({ history }) => history)).toEqual([kept.history]);
  },

  "what JSON can hold comes back as it was": async (bench) => {
    const documents = await bench.repository(defineDocument);
    for (const data of KEPT) {
      const made = await documents.create({ data: data });
      expect(made.state.data).toEqual(data);
      const read = await documents.findById(made.id);
      expect(read.state.data).toEqual(data);
      expect(read.history).toEqual(made.history);
    }
  },

  "a key that is undefined is left out": async (bench) => {
    const documents = await bench.repository(defineDocument);
    const made = await documents.create({ data: { a: 1, b: undefined } });
    expect(made.state.data).toStrictEqual({ a: 1 });
    expect((await documents.findById(made.id)).state.data).toStrictEqual({ a: 1 });
  },

  "an unknown key is refused with its path, however deep": async (bench) => {
    const documents = await bench.repository(defineDocument);
    const made = await documents.create({ data: 1 });
    const address = { city: "London", zip: "W1" };
    const attempt = made.attempt.address(address);
    expect(attempt).toMatchObject({ outcome: "invalid", error: expect.any(InvalidEventError) });
    expect(attempt).toMatchObject({ error: { issues: [{ path: ["address", "zip"] }] } });
    expect(await documents.update(made)).toBe(0);
    expect(made.address({ city: "London" })).toBe("executed");
    expect(await documents.update(made)).toBe(1);
    expect((await documents.findById(made.id)).state.address).toEqual({ city: "London" });
  },

  "an unusable value of a typed field is refused as well": async (bench) => {
    const items = await bench.repository(defineItem);
    const wrong: Partial<ReturnType<typeof item>>[] = [
      { title: "\u0000" },
      { note: "\udfff" },
      { price: -0 },
      { price: Number.NaN },
      { serial: 2 ** 53 },
      { rank: 2 ** 31 },
      { owner: "garbage" },
      { dueAt: new Date(Number.NaN) },
    ];
    for (const given of wrong) {
      const error = await thrownBy(items.create(item(given)), InvalidEventError);
      expect(error.issues[0]?.path).toEqual(Object.keys(given));
    }
    expect((await items.list()).items).toEqual([]);
  },

  "a computed column that no store can hold is an invalid state": async (bench) => {
    const ratios = await bench.repository(defineRatio);
    const error = await thrownBy(ratios.create(0), InvalidStateError);
    expect(error.issues[0]?.path).toEqual(["ratio"]);
    expect((await ratios.list()).items).toEqual([]);
    const half = await ratios.create(0.5);
    half.set(0);
    await thrownBy(ratios.update(half), InvalidStateError);
    half.set(0.25);
    expect(await ratios.update(half)).toBe(2);
  },
});
