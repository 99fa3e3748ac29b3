import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createStoreRepository, defineEntity, MemoryStore, toConnection } from "../index.ts";

const Thing = defineEntity({
  name: "thing",
  schema: z.object({
    name: z.string(),
    size: z.int32(),
    note: z.string().optional(),
    madeAt: z.iso.datetime(),
  }),
  events: {
    Made: z.object({
      name: z.string(),
      size: z.int32(),
      note: z.string().optional(),
      madeAt: z.iso.datetime(),
    }),
  },
  create: (input: { name: string; size: number; note?: string }) => ({
    type: "Made",
    ...input,
    madeAt: new Date(Date.UTC(2026, 0, input.size)).toISOString(),
  }),
  evolve: { Made: (_, { type: _type, ...thing }) => thing },
  commands: {},
  index: {
    name: { normalize: (name) => name.toLowerCase() },
    size: {},
    note: {},
    madeAt: {},
  },
});

const things = createStoreRepository(Thing, new MemoryStore());
for (const [size, name] of ["apple", "Banana", "50%_off", "back\\slash", "élan"].entries()) {
  await things.create({ name, size, ...(size % 2 === 0 && { note: `n${size}` }) });
}

const names = async (where: Parameters<typeof things.count>[0]) => {
  const { items } = await things.list({ ...where, orderBy: "size" });
  return items.map(({ state }) => state.size);
};

describe("where", () => {
  it.each([
    ["a value, normalized", { name: "BANANA" }, [1]],
    ["null", { note: null }, [1, 3]],
    ["not null", { note: { not: null } }, [0, 2, 4]],
    ["a list", { size: { in: [0, 3, 9] } }, [0, 3]],
    ["an empty list", { size: { in: [] } }, []],
    ["a range", { size: { gt: 0, lte: 3 } }, [1, 2, 3]],
    ["a time", { madeAt: { gte: "2026-01-03T00:00:00Z" } }, [3, 4]],
    ["a text that begins", { name: { startsWith: "ba" } }, [1, 3]],
    ["a text that ends", { name: { endsWith: "e" } }, [0]],
    ["a text within, taken literally", { name: { contains: "%_" } }, [2]],
    ["a backslash, taken literally", { name: { contains: "\\" } }, [3]],
    ["a pattern", { name: { like: "_a%" } }, [1, 3]],
    ["a pattern without capitals", { name: { ilike: "APP%" } }, [0]],
    ["an escape in a pattern", { name: { like: "50\\%%" } }, [2]],
    ["a negation, which rows without a value do not fulfil", { note: { not: "n2" } }, [0, 4]],
    ["all of several", { and: [{ size: { gt: 0 } }, { note: null }] }, [1, 3]],
    ["any of several", { or: [{ size: 0 }, { name: "banana" }] }, [0, 1]],
    ["none of several", { not: { or: [{ size: 0 }, { size: 1 }] } }, [2, 3, 4]],
    ["any of none", { or: [] }, []],
    ["nothing", {}, [0, 1, 2, 3, 4]],
  ] as const)("finds by %s", async (_, where, expected) => {
    expect(await names({ where: where as object })).toEqual(expected);
    expect(await things.count({ where: where as object })).toBe(expected.length);
    expect(await things.exists({ where: where as object })).toBe(expected.length > 0);
  });

  it.each([
    ["a column that is none", { colour: "red" }, '"colour" is no index column'],
    ["an operator that is none", { size: { near: 3 } }, '"near" is no operator'],
    ["no operator", { size: {} }, '"size" has no operator'],
    ["a text operator on a number", { size: { startsWith: "1" } }, '"size" is no text'],
    ["a comparison with nothing", { size: { gt: null } }, '"size" is compared with nothing'],
    ["in without a list", { size: { in: 3 } }, "is not a list"],
    ["or without a list", { or: {} }, '"or" is not a list'],
    ["a pattern that ends with its escape", { name: { like: "x\\" } }, "ends with its escape"],
  ])("refuses %s", async (_, where, problem) => {
    await expect(things.count({ where: where as object })).rejects.toThrow(problem);
  });
});

describe("walking a list", () => {
  it("gives every entity once, whatever the size of a page", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom("asc" as const, "desc" as const),
        fc.constantFrom("size" as const, "note" as const, "id" as const),
        async (first, direction, orderBy) => {
          const { items } = await things.list({ direction, orderBy });
          const walked: string[] = [];
          for await (const { id } of things.each({ first, direction, orderBy })) walked.push(id);
          expect(walked).toEqual(items.map(({ id }) => id));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("goes back the way it came", async () => {
    const options = { orderBy: "note", direction: "desc" } as const;
    const all = (await things.list(options)).items.map(({ id }) => id);
    const back: string[][] = [];
    let before: string | undefined;
    for (;;) {
      const page = await things.list({ ...options, last: 2, before });
      back.unshift(page.items.map(({ id }) => id));
      if (!page.hasPreviousPage) break;
      before = page.startCursor;
    }
    expect(back.flat()).toEqual(all);
    expect(back.map(({ length }) => length)).toEqual([1, 2, 2]);
  });

  it("cuts between two places", async () => {
    const { items, cursorAt } = await things.list({ orderBy: "size" });
    const between = await things.list({ orderBy: "size", after: cursorAt(0), before: cursorAt(4) });
    expect(between.items.map(({ id }) => id)).toEqual(items.slice(1, 4).map(({ id }) => id));
    expect(between).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it("is refused with both ends to cut from", async () => {
    await expect(things.list({ first: 1, last: 1 })).rejects.toThrow(
      "first and last are both given",
    );
  });
});

describe("shorthands", () => {
  it("list by one column", async () => {
    const { items } = await things.listBySize({ gte: 3 }, { direction: "desc", orderBy: "size" });
    expect(items.map(({ state }) => state.size)).toEqual([4, 3]);
    expect((await things.listByNote(null, { where: { size: 1 } })).items).toHaveLength(1);
  });

  it("turn a page into a Relay connection", async () => {
    const page = await things.list({ first: 2, orderBy: "size" });
    expect(toConnection(page)).toEqual({
      edges: [
        { node: page.items[0], cursor: page.startCursor },
        { node: page.items[1], cursor: page.endCursor },
      ],
      pageInfo: {
        hasNextPage: true,
        hasPreviousPage: false,
        startCursor: page.startCursor,
        endCursor: page.endCursor,
      },
    });
  });
});
