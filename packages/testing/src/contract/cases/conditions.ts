import { type EntityOf, InvalidArgumentError } from "@annals/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineItem, type ItemInput, item } from "../entities/item.ts";
import { thrownBy } from "../thrown-by.ts";

const TITLES = ["", "a", "A", "ab", "50%", "a_b", "back\\slash", "é", "😀", "it's"];
const PARTS = ["", "a", "%", "_", "\\", "é", "😀", "'"];
const TIMES = [new Date("1969-12-31T23:59:59.999Z"), new Date("2024-01-01T00:00:00Z")];

const anyItem: fc.Arbitrary<ItemInput> = fc
  .record({
    title: fc.constantFrom(...TITLES),
    kind: fc.constantFrom("book", "tool", "toy"),
    rank: fc.option(fc.constantFrom(-1, 0, 2)),
    dueAt: fc.option(fc.constantFrom(...TIMES)),
    size: fc.constantFrom(-10n, 9n, 10n),
  })
  .map(item);

/** A condition as it is written, and what it means for an item: `undefined` where nothing is known. */
interface Condition {
  readonly where: Record<string, unknown>;
  readonly holds: (item: ItemInput) => boolean | undefined;
}

type Column = "rank" | "dueAt" | "size";

const compared = (
  column: Column,
  operator: string,
  value: never,
  holds: (order: number) => boolean,
): Condition => ({
  where: { [column]: { [operator]: value } },
  holds: ({ [column]: own }) => (own === null ? undefined : holds(orderOf(own, value))),
});

const orderOf = (one: number | bigint | Date, other: number | bigint | Date): number =>
  one < other ? -1 : one > other ? 1 : 0;

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
};

const anyComparison = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant("rank" as const), fc.constantFrom(-1, 0, 1)),
      fc.tuple(fc.constant("dueAt" as const), fc.constantFrom(...TIMES)),
      fc.tuple(fc.constant("size" as const), fc.constantFrom(-10n, 9n, 10n)),
    ),
    fc.constantFrom(...Object.entries(OPERATORS)),
  )
  .map(([[column, value], [operator, holds]]) => compared(column, operator, value as never, holds));

const anyText = fc
  .tuple(fc.constantFrom("startsWith", "endsWith", "contains"), fc.constantFrom(...PARTS))
  .map(([operator, part]): Condition => {
    const method = operator === "contains" ? "includes" : (operator as "startsWith" | "endsWith");
    return { where: { title: { [operator]: part } }, holds: ({ title }) => title[method](part) };
  });

const anyMembership = fc
  .uniqueArray(fc.constantFrom("book" as const, "tool" as const, "toy" as const))
  .map(
    (kinds): Condition => ({
      where: { kind: { in: kinds } },
      holds: ({ kind }) => kinds.includes(kind),
    }),
  );

const anyAbsence = fc
  .constantFrom("rank" as const, "dueAt" as const)
  .chain((column) =>
    fc.constantFrom<Condition>(
      { where: { [column]: null }, holds: (one) => one[column] === null },
      { where: { [column]: { not: null } }, holds: (one) => one[column] !== null },
    ),
  );

const not = (known: boolean | undefined) => (known === undefined ? undefined : !known);

const every = (known: readonly (boolean | undefined)[]) =>
  known.includes(false) ? false : known.includes(undefined) ? undefined : true;

const { condition: anyCondition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    anyComparison,
    anyText,
    anyMembership,
    anyAbsence,
    fc.array(tie("condition"), { maxLength: 3 }).map((parts) => ({
      where: { and: parts.map(({ where }) => where) },
      holds: (one: ItemInput) => every(parts.map(({ holds }) => holds(one))),
    })),
    fc.array(tie("condition"), { maxLength: 3 }).map((parts) => ({
      where: { or: parts.map(({ where }) => where) },
      holds: (one: ItemInput) => not(every(parts.map(({ holds }) => not(holds(one))))),
    })),
    tie("condition").map(({ where, holds }) => ({
      where: { not: where },
      holds: (one: ItemInput) => not(holds(one)),
    })),
  ),
}));

export const conditions = contractGroup("conditions", {
  "every condition finds what it means, and counts it": async (bench) => {
    const items = await bench.repository(defineItem);
    const made: EntityOf<ReturnType<typeof defineItem>>[] = [];
    for (const input of fc.sample(anyItem, { numRuns: 25, seed: 3 })) {
      made.push(await items.create(input));
    }
    await fc.assert(
      fc.asyncProperty(anyCondition, async ({ where, holds }) => {
        const expected = new Set(made.filter(({ state }) => holds(state)).map(({ id }) => id));
        const { items: found } = await items.list({ where });
        expect(new Set(found.map(({ id }) => id))).toEqual(expected);
        expect(await items.count({ where })).toBe(expected.size);
        expect(await items.exists({ where })).toBe(expected.size > 0);
      }),
      { numRuns: 150 },
    );
  },

  "a pattern is SQL's own": async (bench) => {
    const items = await bench.repository(defineItem);
    for (const title of ["apple", "Apple", "50%", "a_b", "axb"])
      await items.create(item({ title }));
    const titles = async (where: NonNullable<Parameters<typeof items.list>[0]>["where"]) =>
      (await items.list({ where: where ?? {}, orderBy: "title" })).items.map(
        ({ state }) => state.title,
      );
    expect(await titles({ title: { like: "a%" } })).toEqual(["a_b", "apple", "axb"]);
    expect(await titles({ title: { ilike: "A%e" } })).toEqual(["Apple", "apple"]);
    expect(await titles({ title: { like: "a_b" } })).toEqual(["a_b", "axb"]);
    expect(await titles({ title: { like: "a\\_b" } })).toEqual(["a_b"]);
    expect(await titles({ title: { like: "%\\%" } })).toEqual(["50%"]);
  },

  "a shorthand lists by one column": async (bench) => {
    const items = await bench.repository(defineItem);
    for (const rank of [1, 2, null]) await items.create(item({ rank, kind: "toy" }));
    await items.create(item({ rank: 2 }));
    expect((await items.listByRank({ gte: 1 }, { where: { kind: "toy" } })).items).toHaveLength(2);
    expect((await items.listByRank(null)).items).toHaveLength(1);
  },

  "pages lead back the way they came": async (bench) => {
    const items = await bench.repository(defineItem);
    for (const input of fc.sample(anyItem, { numRuns: 12, seed: 5 })) await items.create(input);
    const anyWay = fc.record({
      last: fc.integer({ min: 1, max: 5 }),
      orderBy: fc.constantFrom("rank" as const, "title" as const, "id" as const, "dueAt" as const),
      direction: fc.constantFrom("asc" as const, "desc" as const),
    });
    await fc.assert(
      fc.asyncProperty(anyWay, async ({ last, ...order }) => {
        const all = (await items.list(order)).items.map(({ id }) => id);
        const found: string[] = [];
        let before: string | undefined;
        for (;;) {
          const page = await items.list({ ...order, last, before });
          found.unshift(...page.items.map(({ id }) => id));
          expect(page.hasNextPage).toBe(before !== undefined);
          if (!page.hasPreviousPage || found.length > all.length) break;
          before = page.startCursor;
        }
        expect(found).toEqual(all);
        const walked: string[] = [];
        for await (const { id } of items.each({ ...order, first: last })) walked.push(id);
        expect(walked).toEqual(all);
      }),
      { numRuns: 30 },
    );
  },

  "what cannot be asked is refused": async (bench) => {
    const items = await bench.repository(defineItem);
    for (const where of [
      { rank: { near: 1 } },
      { rank: {} },
      { rank: { like: "1" } },
      { or: {} },
    ]) {
      await thrownBy(items.count({ where: where as never }), InvalidArgumentError);
    }
    await thrownBy(items.list({ first: 1, last: 1 }), InvalidArgumentError);
  },
});
