import { InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineArticle } from "../entities/article.ts";
import { defineItem, item } from "../entities/item.ts";
import type { Item } from "../expected-order.ts";
import { thrownBy } from "../thrown-by.ts";

const TENANT = "0190b6f0-0000-7000-8000-00000000000a";

export const lists = contractGroup("lists", {
  "a list without options is every entity in the order of creation": async (bench) => {
    let now = Date.parse("2024-01-01T00:00:00Z");
    const items = await bench.repository(defineItem, {
      clock: clockThat(() => new Date(now)),
    });
    const made: Item[] = [];
    for (const step of [2_000, -1_000, 5_000]) {
      now += step;
      made.push(await items.create(item()));
    }
    const [second, first, third] = made.map(({ id }) => id);
    const page = await items.list();
    expect(page.items.map(({ id }) => id)).toEqual([first, second, third]);
    expect(page.hasNextPage).toBe(false);
    const last = await items.list({ direction: "desc", first: 1 });
    expect(last.items.map(({ id }) => id)).toEqual([third]);
    expect(last.hasNextPage).toBe(true);
  },

  "an empty list has no cursor": async (bench) => {
    const items = await bench.repository(defineItem);
    const empty = {
      items: [],
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: undefined,
      endCursor: undefined,
    };
    expect(await items.list()).toMatchObject(empty);
    await items.create(item());
    expect(await items.list({ where: { kind: "toy" } })).toMatchObject(empty);
  },

  "listed entities are whole, and can be updated": async (bench) => {
    const items = await bench.repository(defineItem);
    const made = await items.create(item({ price: 1 }));
    made.price(2);
    await items.update(made);
    const [listed] = (await items.list()).items;
    expect(listed?.history).toEqual(made.history);
    expect(listed?.version).toBe(2);
    listed?.price(3);
    expect(await items.update(listed as never)).toBe(1);
  },

  "conditions are joined, and nothing finds what has no value": async (bench) => {
    const items = await bench.repository(defineItem);
    const both = await items.create(item({ kind: "toy", rank: 1, note: "n" }));
    const toy = await items.create(item({ kind: "toy", rank: null, note: null }));
    const one = await items.create(item({ kind: "book", rank: 1, note: null }));
    const idsOf = async (where: Parameters<typeof items.list>[0]) =>
      new Set((await items.list(where)).items.map(({ id }) => id));
    expect(await idsOf({ where: { kind: "toy" } })).toEqual(new Set([both.id, toy.id]));
    expect(await idsOf({ where: { kind: "toy", rank: 1 } })).toEqual(new Set([both.id]));
    expect(await idsOf({ where: { rank: null } })).toEqual(new Set([toy.id]));
    expect(await idsOf({ where: { note: null } })).toEqual(new Set([toy.id, one.id]));
    expect(await idsOf({ where: { note: null, rank: 1 } })).toEqual(new Set([one.id]));
    expect(await idsOf({ where: {} })).toHaveLength(3);
    const absent = { kind: undefined } as object;
    expect(await idsOf({ where: absent })).toHaveLength(3);
  },

  "a list follows the state": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.suspend("gone");
    await accounts.update(ada);
    expect((await accounts.list({ where: { status: "active" } })).items).toEqual([]);
    expect((await accounts.list({ where: { status: "suspended" } })).items).toHaveLength(1);
  },

  "computed columns can be compared and ordered by": async (bench) => {
    const articles = await bench.repository(defineArticle);
    for (const [number, title] of ["a b c", "", "a", "a b"].entries()) {
      await articles.create({ tenantId: TENANT, slug: `s${number}`, number, title });
    }
    const page = await articles.list({ orderBy: "words" });
    expect(page.items.map(({ state }) => state.title)).toEqual(["a", "a b", "a b c", ""]);
    const reversed = await articles.list({ orderBy: "words", direction: "desc" });
    expect(reversed.items.map(({ state }) => state.title)).toEqual(["a b c", "a b", "a", ""]);
    expect((await articles.list({ where: { words: 2 } })).items).toHaveLength(1);
    expect((await articles.list({ where: { words: null } })).items).toHaveLength(1);
  },

  "first is a whole number from 1 to 1,000": async (bench) => {
    const items = await bench.repository(defineItem);
    await items.create(item());
    for (const first of [0, -1, 1.5, 1_001, Number.NaN, Infinity, "10" as never]) {
      await thrownBy(items.list({ first }), InvalidArgumentError);
    }
    expect((await items.list({ first: 1_000 })).items).toHaveLength(1);
    expect((await items.list({ first: 1 })).hasNextPage).toBe(false);
  },

  "a cursor of another order is refused": async (bench) => {
    const items = await bench.repository(defineItem);
    await items.create(item());
    await items.create(item());
    const { endCursor } = await items.list({ orderBy: "price", first: 1 });
    expect(endCursor).toMatch(/^[\w-]+$/);
    const wrong = [{ orderBy: "title" }, { orderBy: "price", direction: "desc" }, {}] as const;
    for (const options of wrong) {
      await thrownBy(items.list({ ...options, after: endCursor }), InvalidArgumentError);
    }
    for (const after of ["", "garbage", "e30", `${endCursor}x`, "WzFd"]) {
      await thrownBy(items.list({ orderBy: "price", after }), InvalidArgumentError);
    }
    expect((await items.list({ orderBy: "price", after: endCursor })).items).toHaveLength(1);
  },

  "what cannot be compared or ordered by is refused": async (bench) => {
    const items = await bench.repository(defineItem);
    for (const options of [
      { orderBy: "nothing" },
      { orderBy: "version; drop table x" },
      { direction: "sideways" },
      { where: { nothing: 1 } },
      { where: { id: 1 } },
    ]) {
      await thrownBy(items.list(options as never), InvalidArgumentError);
    }
  },
});
