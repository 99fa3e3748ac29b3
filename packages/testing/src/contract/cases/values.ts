import { InvalidArgumentError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineArticle } from "../entities/article.ts";
import { defineItem, type ItemInput, item } from "../entities/item.ts";
import { thrownBy } from "../thrown-by.ts";

const UNICODE = [
  "O'Brien",
  'the "one"',
  "back\\slash",
  "semi; drop table x; --",
  "$1 %s {} []",
  "tab\tnew\nline",
  "\u0001\u001f\u007f",
  "naïve café",
  "nai\u0308ve",
  "Ω≈ç√∫",
  "漢字かな",
  "👩‍👩‍👧‍👦",
  "𝒳\u{10ffff}",
  "\u2028\u2029\ufeff",
  "ﷺ שלום",
  " leading and trailing ",
];

const OWNER = "0190b6f0-0000-7000-8000-00000000000a";

export const values = contractGroup("values", {
  "text comes back as it was, and can be looked up by it": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    for (const [at, text] of UNICODE.entries()) {
      const input = { email: `${at}@example.com`, name: text, nickname: text };
      const account = await accounts.create(input);
      const found = await accounts.findByNickname(text);
      expect(found.id).toBe(account.id);
      expect(found.state).toMatchObject({ name: text, nickname: text });
      expect(found.history).toEqual(account.history);
    }
    expect((await accounts.list({ where: { nickname: "naïve café" } })).items).toHaveLength(1);
  },

  "an empty text is a value": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com", nickname: "" });
    expect((await accounts.findByNickname("")).id).toBe(ada.id);
    expect((await accounts.list({ where: { nickname: null } })).items).toEqual([]);
  },

  "dates and bigints come back as such": async (bench) => {
    const items = await bench.repository(defineItem);
    const dueAt = new Date("1969-12-31T23:59:59.999Z");
    const size = -(2n ** 100n);
    const made = await items.create(item({ dueAt, size }));
    const read = await items.findById(made.id);
    expect(read.state.dueAt).toEqual(dueAt);
    expect(read.state.size).toBe(size);
    expect(read.history).toEqual(made.history);
    expect(read.history[0]).toMatchObject({ dueAt, size });
  },

  "numbers come back exactly": async (bench) => {
    const items = await bench.repository(defineItem);
    const prices = [0, 0.1, -1.5, 1 / 3, 5e-324, 1.5e-300, 4503599627370495.5, 2 ** 53 - 1];
    for (const price of prices) {
      const made = await items.create(item({ price, serial: Number.MIN_SAFE_INTEGER }));
      const read = await items.findById(made.id);
      expect(read.state.price).toBe(price);
      expect(read.state.serial).toBe(Number.MIN_SAFE_INTEGER);
      const page = await items.list({ where: { price } });
      expect(page.items.map(({ id }) => id)).toEqual([made.id]);
    }
  },

  "every kind of column can be listed by its value": async (bench) => {
    const items = await bench.repository(defineItem);
    const dueAt = new Date("2024-02-29T12:00:00.500Z");
    const wanted = item({
      title: "Wanted",
      note: "here",
      kind: "tool",
      rank: -(2 ** 31),
      serial: 2 ** 40,
      price: 0.1,
      active: false,
      dueAt,
      size: 10n ** 30n,
      owner: OWNER,
      day: "2024-02-29",
    });
    const made = await items.create(wanted);
    await items.create(item());
    const columns = ["note", "kind", "rank", "serial", "price", "active"] as const;
    const more = ["dueAt", "size", "owner", "day", "title"] as const;
    for (const column of [...columns, ...more]) {
      const page = await items.list({ where: { [column]: wanted[column] } });
      expect(page.items, `by ${column}`).toHaveLength(1);
      expect(page.items[0]?.id).toBe(made.id);
    }
    const all = await items.list({ where: { ...wanted } });
    expect(all.items.map(({ id }) => id)).toEqual([made.id]);
  },

  "a uuid column has one spelling": async (bench) => {
    const items = await bench.repository(defineItem);
    const made = await items.create(item({ owner: OWNER.toUpperCase() }));
    for (const owner of [OWNER, OWNER.toUpperCase()]) {
      const page = await items.list({ where: { owner } });
      expect(page.items.map(({ id }) => id)).toEqual([made.id]);
    }
    const articles = await bench.repository(defineArticle);
    await articles.create({ tenantId: OWNER, slug: "a", number: 1 });
    const twice = articles.create({ tenantId: OWNER.toUpperCase(), slug: "a", number: 2 });
    await expect(twice).rejects.toMatchObject({ columns: ["tenantId", "slug"] });
  },

  "a list compares with nothing that its column cannot hold": async (bench) => {
    const items = await bench.repository(defineItem);
    await items.create(item({ rank: 1 }));
    const impossible: readonly Partial<ItemInput>[] = [
      ...[2 ** 31, -(2 ** 40), 1.5, Number.NaN, Infinity, -0].map((rank) => ({ rank })),
      ...["", "garbage"].map((owner) => ({ owner })),
      ...["", "2024-02-30", "today"].map((day) => ({ day })),
      { dueAt: new Date(Number.NaN) },
      { note: "\u0000" },
    ];
    for (const where of impossible) {
      await thrownBy(items.list({ where }), InvalidArgumentError);
    }
    expect((await items.list({ where: { kind: "unknown" as "toy" } })).items).toEqual([]);
  },
});
