import { ConcurrentModificationError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import {
  checkSchema,
  createRepository,
  exportHistories,
  importHistories,
  rebuild,
  transaction,
  verify,
} from "../src/index.ts";
import { CART_LIMIT, Cart, cartFamily, Item, Remark, Tag, totalOf } from "./database/cart.ts";
import { migrate, openDatabase } from "./database/open.ts";

const prepare = (connectionString: string) => migrate(connectionString, cartFamily);
const database = await testDatabase({ name: "carts", migrate: prepare });
const db = openDatabase(database.connectionString);
const carts = createRepository(Cart, { db });
const items = createRepository(Item, { db });
afterAll(() => db.destroy());

const filled = (owner = "Ada") =>
  carts.create({
    owner,
    items: [
      { sku: "a", quantity: 5 },
      { sku: "b", quantity: 5 },
    ],
    remarks: ["one", "two"],
  });

/** Lets all go on when the last of them has come. */
const meeting = (size: number): (() => Promise<void>) => {
  let left = size;
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    left -= 1;
    if (left === 0) open();
    return opened;
  };
};

describe("two writers on different connections", () => {
  it("never break a rule over all children together", async () => {
    let lost = 0;
    for (let round = 0; round < 20; round += 1) {
      const { id, items: made } = await filled();
      const met = meeting(2);
      const writers = made.list.map(({ id: item }) =>
        transaction(db, async (tx) => {
          const cart = await carts.findById(id, { tx });
          cart.count(item, 15);
          await met();
          await carts.update(cart, { tx });
        }),
      );
      const ends = await Promise.allSettled(writers);
      const losers = ends.filter((end) => end.status === "rejected");
      expect(losers).toHaveLength(1);
      expect(losers[0]?.reason).toBeInstanceOf(ConcurrentModificationError);
      lost += losers.length;
      expect(totalOf((await carts.findById(id)).items)).toBe(CART_LIMIT);
    }
    expect(lost).toBe(20);
  });

  it("decide again when they are told to, and the rule still holds", async () => {
    const { id, items: made } = await filled();
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        carts
          .transact(
            id,
            (cart) => {
              const item = made.list[at % 2]?.id ?? "";
              return cart.attempt.count(item, cart.items.get(item).state.quantity + 3).outcome;
            },
            { attempts: 50 },
          )
          .then(({ result }) => result),
      ),
    );
    // Ten and three times three, and no more.
    expect(outcomes.filter((outcome) => outcome === "executed")).toHaveLength(3);
    expect(totalOf((await carts.findById(id)).items)).toBe(19);
  });

  it("both win over children that are not guarded", async () => {
    const { id, remarks } = await filled();
    const met = meeting(2);
    await Promise.all(
      remarks.list.map((remark) =>
        transaction(db, async (tx) => {
          const cart = await carts.findById(id, { tx });
          cart.rewrite(remark.id, `${remark.state.text}!`);
          await met();
          await carts.update(cart, { tx });
        }),
      ),
    );
    const cart = await carts.findById(id);
    expect(cart.remarks.list.map(({ state }) => state.text)).toEqual(["one!", "two!"]);
  });

  it("wait for one another in batches, whatever their order", async () => {
    const made = await carts.createAll(["a", "b", "c", "d"].map((owner) => ({ owner })));
    const ids = made.map(({ id }) => id);
    const write = async (order: readonly string[], text: string) => {
      const found = await carts.findAll(order);
      const list = order.flatMap((id) => found.get(id) ?? []);
      for (const cart of list) cart.add(text, 1);
      return carts.updateAll(list);
    };
    for (let round = 0; round < 10; round += 1) {
      const ends = await Promise.allSettled([
        write(ids, `up${round}`),
        write(ids.toReversed(), `down${round}`),
      ]);
      for (const end of ends) {
        if (end.status === "rejected") {
          expect(end.reason).toBeInstanceOf(ConcurrentModificationError);
        }
      }
      expect(ends.some(({ status }) => status === "fulfilled")).toBe(true);
      for (const cart of (await carts.findAll(ids)).values()) {
        for (const item of cart.items) cart.remove(item.id);
        await carts.update(cart);
      }
    }
  });
});

describe("the tables of a tree", () => {
  it("are as their definitions say, and refer to one another", async () => {
    expect(await checkSchema(db, cartFamily)).toEqual([]);
    const orphan = sql`insert into items (id, created_at, version, cart_id, sku)
      values (gen_random_uuid(), now(), 1, gen_random_uuid(), 'x')`.execute(db);
    await expect(orphan).rejects.toThrow(/items_cart_id_fkey/);
    const homeless = sql`insert into items (id, created_at, version, sku)
      values (gen_random_uuid(), now(), 1, 'x')`.execute(db);
    await expect(homeless).rejects.toThrow(/cart_id/);
  });

  it("are verified and rebuilt, the parents of children with the rest", async () => {
    const cart = await filled("Verified");
    const other = await filled("Other");
    cart.tag(cart.items.list[0]?.id ?? "", "fragile");
    cart.remove(cart.items.list[1]?.id ?? "");
    await carts.update(cart);
    for (const definition of cartFamily) {
      expect(await verify(db, definition)).toMatchObject({ differing: 0 });
    }
    const [item] = cart.items.list;
    await sql`update items set cart_id = ${other.id}, sku = 'wrong' where id = ${item?.id}`.execute(
      db,
    );
    expect(await verify(db, Item)).toMatchObject({
      differing: 1,
      differences: [{ id: item?.id, columns: ["cart_id", "sku"] }],
    });
    await rebuild(db, Item);
    expect(await verify(db, Item)).toMatchObject({ differing: 0 });
    expect((await carts.findById(cart.id)).items.list.map(({ id }) => id)).toEqual([item?.id]);
  });

  it("come out of a database and into another, parents first", async () => {
    const cart = await filled("Exported");
    cart.tag(cart.items.list[0]?.id ?? "", "fragile");
    await carts.update(cart);
    const target = await testDatabase({ name: "carts-imported", migrate: prepare });
    const other = openDatabase(target.connectionString);
    try {
      for (const definition of cartFamily) {
        const lines: string[] = [];
        for await (const batch of exportHistories(db, definition)) lines.push(...batch);
        expect(await importHistories(other, cartFamily, lines)).toMatchObject({
          imported: lines.length,
          refused: 0,
        });
        expect(await verify(other, definition)).toMatchObject({ differing: 0 });
      }
      const there = createRepository(Cart, { db: other });
      const read = await there.findById(cart.id);
      expect(JSON.stringify(read)).toBe(JSON.stringify(await carts.findById(cart.id)));
      read.count(read.items.list[0]?.id ?? "", 7);
      expect(await there.update(read)).toBe(1);
    } finally {
      await other.destroy();
    }
  });

  it("are read by a query of one's own, and typed by it", async () => {
    const cart = await filled("Queried");
    const [found] = await carts.query(
      () =>
        sql<{
          id: string;
        }>`select cart_id::text as id from items where sku = 'b' and cart_id = ${cart.id}`,
    );
    expect(found?.items.size).toBe(2);
    const [bare] = await carts.query(
      () => sql<{ id: string }>`select id::text as id from carts where id = ${cart.id}`,
      { children: false },
    );
    expect(() => bare?.items).toThrow("were left out");
    expect((await items.listByCartId(cart.id)).items).toHaveLength(2);
    expect(await items.findByCartIdAndSku({ cartId: cart.id, sku: "a" })).toMatchObject({
      state: { quantity: 5 },
    });
    expect([Remark, Tag].map(({ plan }) => plan.parent?.column)).toEqual(["cart_id", "item_id"]);
  });
});
