import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool, createRepository, transaction } from "../src/index.ts";
import { Cart, cartFamily } from "./database/cart.ts";
import { migrate } from "./database/open.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

// What reads and writes of trees cost on the wire, however many children there are.

const { connectionString } = await testDatabase({
  name: "carts",
  migrate: (url) => migrate(url, cartFamily),
});
const proxy = await CountingProxy.open(connectionString);
const pool = annalsPool(new pg.Pool({ connectionString: proxy.connectionString, max: 1 }));
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
const carts = createRepository(Cart, { db });
afterAll(async () => {
  await db.destroy();
  await proxy.close();
});

/** A client waits for the server after each of these, so each is a round trip. */
const roundTrips = async (work: () => Promise<unknown>): Promise<number> =>
  (await proxy.during(async () => void (await work()))).filter(
    ({ kind }) => kind === "Sync" || kind === "Query",
  ).length;

const items = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ sku: `sku ${at}`, quantity: 1 }));

const filled = () => carts.create({ owner: "Ada", items: items(8), remarks: ["one", "two"] });
type Filled = Awaited<ReturnType<typeof filled>>;

/** BEGIN and COMMIT, or a savepoint and its release. */
const TRANSACTION = 2;

describe("reading a tree is one round trip", () => {
  it.each<[string, (cart: Filled) => Promise<unknown>]>([
    ["findById", ({ id }) => carts.findById(id)],
    ["findById without children", ({ id }) => carts.findById(id, { children: false })],
    ["findById with some kinds", ({ id }) => carts.findById(id, { children: ["items"] })],
    [
      "findById with some children",
      ({ id }) => carts.findById(id, { children: { items: { where: { sku: "sku 1" } } } }),
    ],
    ["findById as of a version", ({ id }) => carts.findById(id, { asOf: { version: 1 } })],
    ["findById as of a time", ({ id }) => carts.findById(id, { asOf: new Date("2999-01-01") })],
    ["findAll", ({ id }) => carts.findAll([id, id])],
    ["list", () => carts.list({ where: { owner: "Ada" } })],
    ["treeHistory", ({ id }) => carts.treeHistory(id)],
  ])("%s", async (_, read) => {
    const cart = await filled();
    await read(cart);
    expect(await roundTrips(() => read(cart))).toBe(1);
  });
});

describe("writing a tree is a statement for each kind, beside its transaction", () => {
  it("create", async () => {
    expect(await roundTrips(() => carts.create({ owner: "Ada" }))).toBe(1);
    for (const count of [1, 50]) {
      const input = { owner: "Ada", items: items(count) };
      expect(await roundTrips(() => carts.create(input))).toBe(TRANSACTION + 2);
      const more = { ...input, remarks: ["one", "two"] };
      expect(await roundTrips(() => carts.create(more))).toBe(TRANSACTION + 3);
    }
  });

  it.each<[string, number, (cart: Filled) => void]>([
    ["of the parent alone", 1, (cart) => cart.rename("Eve")],
    ["of a child", TRANSACTION + 2, (cart) => cart.count(first(cart), 2)],
    [
      "of many children, of one kind",
      TRANSACTION + 2,
      (cart) => {
        for (const { id } of cart.items.list.slice(0, 5)) cart.count(id, 2);
      },
    ],
    [
      "of children that are changed and created",
      TRANSACTION + 3,
      (cart) => {
        cart.count(first(cart), 2);
        cart.add("cup", 1);
      },
    ],
    [
      "of the parent, and children on two levels",
      TRANSACTION + 4,
      (cart) => {
        cart.rename("Eve");
        cart.count(first(cart), 2);
        cart.add("cup", 1);
        cart.tag(first(cart), "fragile");
      },
    ],
  ])("update %s", async (_, expected, change) => {
    const cart = await filled();
    change(cart);
    expect(await roundTrips(() => carts.update(cart))).toBe(expected);
    expect(await roundTrips(() => carts.update(cart))).toBe(0);
  });

  it("updateAll, however many trees there are", async () => {
    const counts: number[] = [];
    for (const count of [2, 10]) {
      const made: Filled[] = [];
      for (let at = 0; at < count; at += 1) made.push(await filled());
      for (const cart of made) {
        cart.rename("Eve");
        cart.count(first(cart), 2);
      }
      counts.push(await roundTrips(() => carts.updateAll(made)));
    }
    expect(counts).toEqual([TRANSACTION + 3, TRANSACTION + 3]);
  });

  it("in a transaction of the caller's, with a savepoint", async () => {
    const cart = await filled();
    cart.count(first(cart), 2);
    const all = await roundTrips(() => transaction(db, (tx) => carts.update(cart, { tx })));
    expect(all).toBe(TRANSACTION + TRANSACTION + 2);
  });
});

const first = (cart: Filled): string => cart.items.list[0]?.id ?? "";
