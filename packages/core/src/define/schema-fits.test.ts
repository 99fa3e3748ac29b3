import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type JsonSchema, misfits } from "./schema-fits.ts";

const json = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
const problems = (from: z.ZodType, to: z.ZodType): readonly string[] =>
  misfits(json(from), json(to)).map(({ path, problem }) => [path.join("."), problem].join(" "));

interface Category {
  name: string;
  parts: Category[];
}
const Category: z.ZodType<Category> = z.object({
  name: z.string(),
  get parts() {
    return z.array(Category);
  },
});

interface Unnamed {
  name: string | null;
  parts: Unnamed[];
}
const Unnamed: z.ZodType<Unnamed> = z.object({
  name: z.string().nullable(),
  get parts() {
    return z.array(Unnamed);
  },
});

describe("a newer schema takes what fits the older one", () => {
  it.each<[what: string, from: z.ZodType, to: z.ZodType]>([
    ["unchanged", z.object({ a: z.email() }), z.object({ a: z.email() })],
    ["described", z.object({ a: z.int() }), z.object({ a: z.int().describe("x") })],
    ["an optional field more", z.object({}), z.object({ a: z.string().optional() })],
    ["a field with a default more", z.object({}), z.object({ a: z.string().default("x") })],
    ["a field less", z.object({ a: z.string() }), z.object({})],
    [
      "a field that may be missing now",
      z.object({ a: z.string() }),
      z.object({ a: z.string().optional() }),
    ],
    [
      "a field that may be null now",
      z.object({ a: z.string() }),
      z.object({ a: z.string().nullable() }),
    ],
    ["a wider enum", z.enum(["a"]), z.enum(["a", "b"])],
    ["an enum that became text", z.enum(["a"]), z.string()],
    ["a literal that became one of several", z.literal("a"), z.union([z.literal("a"), z.int()])],
    ["a wider range", z.number().min(1).max(5), z.number().gt(0).max(9)],
    ["whole numbers that became numbers", z.int(), z.number()],
    ["a longer text", z.string().max(5), z.string().max(6)],
    ["a list that may be longer", z.array(z.int()).max(2), z.array(z.number()).max(3)],
    ["a tuple that became a list", z.tuple([z.string(), z.string()]), z.array(z.string())],
    ["an object that became a record", z.object({ a: z.int() }), z.record(z.string(), z.number())],
    [
      "a union with one kind more",
      z.union([z.string(), z.int()]),
      z.union([z.string(), z.int(), z.null()]),
    ],
    ["anything", z.object({ a: z.int() }), z.any()],
    ["a recursive one", Category, Category],
  ])("%s", (_, from, to) => expect(problems(from, to)).toEqual([]));
});

describe("a newer schema does not take", () => {
  it.each<[what: string, from: z.ZodType, to: z.ZodType, problem: string, witness: unknown]>([
    [
      "a field that was not there",
      z.object({}),
      z.object({ a: z.int() }),
      "a is required, and was not",
      {},
    ],
    [
      "a field that could be missing",
      z.object({ a: z.int().optional() }),
      z.object({ a: z.int() }),
      "a is required, and was not",
      {},
    ],
    [
      "a field that a strict one lost",
      z.object({ a: z.int() }),
      z.strictObject({}),
      "a is not taken any more",
      { a: 1 },
    ],
    [
      "another type",
      z.object({ a: z.int() }),
      z.object({ a: z.string() }),
      "a is string, and was integer",
      { a: 1 },
    ],
    ["fractions", z.number(), z.int(), " is integer, and was number", 1.5],
    ["null", z.string().nullable(), z.string(), " is string, and was null", null],
    ["a value of an enum", z.enum(["a", "b"]), z.enum(["a"]), ` does not take "b" any more`, "b"],
    ["text that became an enum", z.string(), z.enum(["a"]), " takes only certain values", "b"],
    ["a wider range", z.number().min(1), z.number().gt(1), " has a tighter exclusiveMinimum, 1", 1],
    ["longer text", z.string(), z.string().max(2), " has a tighter maxLength, 2", "abc"],
    [
      "another pattern",
      z.string().regex(/^a/),
      z.string().regex(/^ab/),
      " has another pattern",
      "ac",
    ],
    [
      "a kind of a union",
      z.union([z.string(), z.int()]),
      z.union([z.string(), z.null()]),
      " may be of a kind that is not taken any more",
      1,
    ],
    [
      "longer lists",
      z.array(z.int()).max(3),
      z.array(z.int()).max(2),
      " has a tighter maxItems, 2",
      [1, 2, 3],
    ],
    [
      "other items",
      z.array(z.union([z.int(), z.string()])),
      z.array(z.int()),
      "* is integer, and was string",
      ["a"],
    ],
    [
      "other values of a record",
      z.record(z.string(), z.int()),
      z.record(z.string(), z.boolean()),
      "* is boolean, and was integer",
      { a: 1 },
    ],
    [
      "a part of itself",
      Unnamed,
      Category,
      "name is string, and was null",
      { name: null, parts: [] },
    ],
  ])("%s", (_, from, to, problem, witness) => {
    expect(problems(from, to)[0]).toBe(problem);
    expect(from.safeParse(witness).success).toBe(true);
    expect(to.safeParse(witness).success).toBe(false);
  });
});

/** A schema with values that fit it. */
interface Sample {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

const letters = fc.subarray(["a", "b", "c"], { minLength: 1 });
const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.constant({ schema: z.string() as z.ZodType, values: fc.string() as fc.Arbitrary<unknown> }),
  letters.map((list) => ({ schema: z.enum(list as [string]), values: fc.constantFrom(...list) })),
  fc.constant({
    schema: z.null() as z.ZodType,
    values: fc.constant(null) as fc.Arbitrary<unknown>,
  }),
  fc.tuple(fc.integer({ min: -2, max: 2 }), fc.nat(3)).map(([min, size]) => ({
    schema: z
      .int()
      .min(min)
      .max(min + size),
    values: fc.integer({ min, max: min + size }),
  })),
  fc.integer({ min: 0, max: 3 }).map((max) => ({
    schema: z.string().max(max),
    values: fc.string({ maxLength: max }).filter((text) => text.length <= max),
  })),
  fc.constant({ schema: z.number() as z.ZodType, values: fc.integer() as fc.Arbitrary<unknown> }),
);
const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.tuple(tie("sample"), fc.nat(2)).map(([item, max]) => ({
      schema: z.array(item.schema).max(max),
      values: fc.array(item.values, { maxLength: max }),
    })),
    fc.tuple(tie("sample"), tie("sample")).map((both) => ({
      schema: z.union(both.map(({ schema }) => schema)) as z.ZodType,
      values: fc.oneof(...both.map(({ values }) => values)),
    })),
    fc.tuple(tie("sample"), tie("sample")).map(([a, b]) => ({
      schema: z.tuple([a.schema, b.schema]) as z.ZodType,
      values: fc.tuple(a.values, b.values) as fc.Arbitrary<unknown>,
    })),
    tie("sample").map(({ schema, values }) => ({
      schema: z.record(z.string(), schema) as z.ZodType,
      values: fc.dictionary(fc.constantFrom("a", "b", "z"), values) as fc.Arbitrary<unknown>,
    })),
    fc
      .dictionary(fc.constantFrom("a", "b", "c"), fc.tuple(tie("sample"), fc.boolean()), {
        maxKeys: 3,
      })
      .chain((fields) => fc.tuple(fc.constant(fields), fc.boolean()))
      .map(([fields, strict]): Sample => {
        const entries = Object.entries(fields);
        const shape = Object.fromEntries(
          entries.map(([key, [field, isOptional]]) => [
            key,
            isOptional ? field.schema.optional() : field.schema,
          ]),
        );
        const requiredKeys = entries.flatMap(([key, [, isOptional]]) => (isOptional ? [] : [key]));
        const values = fc.record(
          Object.fromEntries(entries.map(([key, [field]]) => [key, field.values])),
          { requiredKeys },
        );
        return { schema: strict ? z.strictObject(shape) : z.object(shape), values };
      }),
  ),
}));

describe("whatever is declared to fit", () => {
  it("is read by the newer schema", () => {
    let fitting = 0;
    fc.assert(
      fc.property(
        sample.chain((from) =>
          fc.tuple(
            fc.constant(from),
            sample,
            fc.array(from.values, { minLength: 5, maxLength: 5 }),
          ),
        ),
        ([from, to, values]) => {
          if (problems(from.schema, to.schema).length > 0) return;
          fitting += 1;
          for (const value of values) expect(to.schema.safeParse(value).success).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
    expect(fitting).toBeGreaterThan(20);
  });

  it("includes every schema itself", () => {
    fc.assert(
      fc.property(sample, ({ schema }) => {
        expect(problems(schema, schema)).toEqual([]);
      }),
    );
  });
});
