import type { Repository } from "@annals/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineItem, type ItemInput, item } from "../entities/item.ts";
import { ITEM_ORDERS, type ItemOrder, inOrder, type Listed } from "../expected-order.ts";

type Items = Repository<ReturnType<typeof defineItem>, OpaqueTx>;

// Few values, so that ties are many; each list holds what sorts wrongly by some other rule.
const TEXTS = ["", "B", "a", "A", "a b", "ab", "é", "z", "\uffee", "😀", "10", "9", "'", '"'];
const anyItem: fc.Arbitrary<ItemInput> = fc.record({
  title: fc.constantFrom(...TEXTS),
  note: fc.option(fc.constantFrom(...TEXTS)),
  kind: fc.constantFrom("book", "tool", "toy"),
  rank: fc.option(fc.constantFrom(-1, 0, 2, 10, 2 ** 31 - 1)),
  serial: fc.constantFrom(-(2 ** 53 - 1), 9, 10, 2 ** 53 - 1),
  price: fc.constantFrom(-1.5, 0, 0.1, 9, 10, 5e-324, 1e-7),
  active: fc.boolean(),
  dueAt: fc.option(
    fc.constantFrom(...["1969-12-31T23:59:59.999Z", "2024-01-01T00:00:00.000Z"].map(toDate)),
  ),
  size: fc.constantFrom(-10n, -9n, 9n, 10n, 10n ** 30n),
  owner: fc.option(fc.uuid()),
  day: fc.option(fc.constantFrom("2024-02-29", "2024-03-01")),
});

function toDate(text: string): Date {
  return new Date(text);
}

const fill = async (bench: Bench, inputs: readonly ItemInput[]) => {
  let createdAt = new Date("2024-01-01T00:00:00Z");
  const items = await bench.repository(defineItem, {
    clock: clockThat(() => createdAt),
  });
  const listed: Listed[] = [];
  for (const [at, input] of inputs.entries()) {
    // Three at a time share their millisecond, and later ones are not always later.
    createdAt = new Date(Date.UTC(2024, 0, 1) + (((at - (at % 3)) * 7_919) % 1_000));
    listed.push({ item: await items.create(input), createdAt });
  }
  return { items, listed };
};

const readAll = async (
  items: Items,
  options: { orderBy: ItemOrder; direction: "asc" | "desc"; first: number },
  where: object = {},
): Promise<string[]> => {
  const found: string[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await items.list({ ...options, where, after });
    found.push(...page.items.map(({ id }) => id));
    // A page that was announced has something on it, and what repeats must not go on for ever.
    if (after !== undefined) expect(page.items).not.toEqual([]);
    expect(new Set(found).size).toBe(found.length);
    if (!page.hasNextPage) return found;
    expect(page.items).toHaveLength(options.first);
    after = page.endCursor;
  }
};

export const listPaging = contractGroup("paging", {
  "every order is the same in every store": async (bench) => {
    const inputs = fc.sample(anyItem, { numRuns: 40, seed: 7 });
    const { items, listed } = await fill(bench, inputs);
    for (const orderBy of ITEM_ORDERS) {
      for (const direction of ["asc", "desc"] as const) {
        const page = await items.list({ orderBy, direction });
        const expected = inOrder(listed, orderBy, direction).map(({ id }) => id);
        const found = page.items.map(({ id }) => id);
        expect(found, `by ${orderBy} ${direction}`).toEqual(expected);
      }
    }
  },

  "pages follow each other without gaps or repeats, in every order": async (bench) => {
    const inputs = fc.sample(anyItem, { numRuns: 30, seed: 11 });
    const { items, listed } = await fill(bench, inputs);
    const anyPaging = fc.record({
      orderBy: fc.constantFrom(...ITEM_ORDERS),
      direction: fc.constantFrom("asc" as const, "desc" as const),
      first: fc.integer({ min: 1, max: 12 }),
      where: fc.record(
        {
          kind: fc.constantFrom("book", "tool", "toy"),
          note: fc.option(fc.constantFrom(...TEXTS)),
          active: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    });
    const pages = fc.asyncProperty(anyPaging, async ({ where, ...options }) => {
      const expected = inOrder(listed, options.orderBy, options.direction).filter(({ state }) =>
        Object.entries(where).every(([column, value]) => state[column as "kind"] === value),
      );
      const found = await readAll(items, options, where);
      expect(found).toEqual(expected.map(({ id }) => id));
    });
    await fc.assert(pages, { numRuns: 60 });
  },

  "entities that come and go between pages move no others": async (bench) => {
    const { items, listed } = await fill(
      bench,
      [1, 2, 3, 4, 5, 6].map((price) => item({ price })),
    );
    const options = { orderBy: "price", first: 2 } as const;
    const first = await items.list(options);
    await items.create(item({ price: 0.5 }));
    const moved = listed[4]?.item;
    moved?.price(0);
    await items.update(moved as never);
    const second = await items.list({ ...options, after: first.endCursor });
    expect(second.items.map(({ state }) => state.price)).toEqual([3, 4]);
    const third = await items.list({ ...options, after: second.endCursor });
    expect(third.items.map(({ state }) => state.price)).toEqual([6]);
    expect(third.hasNextPage).toBe(false);
  },

  "a cursor outlives the entity it came from moving away": async (bench) => {
    const { items, listed } = await fill(
      bench,
      [1, 2, 3].map((price) => item({ price })),
    );
    const page = await items.list({ orderBy: "price", first: 2 });
    const last = listed[1]?.item;
    last?.price(9);
    await items.update(last as never);
    const next = await items.list({ orderBy: "price", first: 2, after: page.endCursor });
    expect(next.items.map(({ state }) => state.price)).toEqual([3, 9]);
  },
});
