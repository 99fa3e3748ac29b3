import {
  ChildrenNotLoadedError,
  ConcurrentModificationError,
  createStoreConsumer,
  createStoreRepository,
  EntityNotFoundError,
  type EntityOf,
  InvalidArgumentError,
  type Repository,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineOrder } from "../entities/order.ts";
import { thrownBy } from "../thrown-by.ts";

type Order = ReturnType<typeof defineOrder>["Order"];

export const openOrders = async (bench: Bench) => {
  const made = await bench.defineAll(defineOrder);
  return { ...made, orders: createStoreRepository(made.Order, bench.store) };
};

/** What can be seen of a tree. */
export const shown = (order: EntityOf<Order> | undefined) =>
  order && {
    ...order.state,
    version: order.version,
    lines: order.lines.list.map(({ state, version, remarks }) => ({
      ...state,
      version,
      remarks: remarks.list.map((remark) => remark.state.text),
    })),
    notes: order.notes.list.map(({ state }) => state.text),
  };

const INPUT = {
  customer: "Ada",
  lines: [
    { sku: "pen", quantity: 2, label: "blue" },
    { sku: "ink", quantity: 1 },
  ],
  notes: ["call first"],
};

const SHOWN = {
  customer: "Ada",
  isPlaced: false,
  version: 1,
  lines: [
    { sku: "pen", quantity: 2, label: "blue", version: 1, remarks: ["fine"] },
    { sku: "ink", quantity: 1, version: 1, remarks: [] },
  ],
  notes: ["call first"],
};

const created = async (orders: Repository<Order, OpaqueTx>, input = INPUT) => {
  const order = await orders.create(input);
  const [line] = order.lines.list;
  order.remark(line?.id ?? "", "fine");
  await orders.update(order);
  return order;
};

export const trees = contractGroup("trees", {
  "every read brings back whole trees": async (bench) => {
    const { orders } = await openOrders(bench);
    const order = await created(orders);
    const { id } = order;
    expect(order.pending).toEqual([]);
    expect(shown(order)).toEqual(SHOWN);
    expect(shown(await orders.findById(id))).toEqual(SHOWN);
    expect(shown(await orders.maybeFindById(id))).toEqual(SHOWN);
    const other = await orders.create({ customer: "Bea" });
    const all = await orders.findAll([id, other.id]);
    expect(shown(all.get(id))).toEqual(SHOWN);
    expect(shown(all.get(other.id))).toMatchObject({ customer: "Bea", lines: [], notes: [] });
    expect(shown((await orders.list({ where: { customer: "Ada" } })).items[0])).toEqual(SHOWN);
    expect(shown((await orders.listByCustomer("Ada", { orderBy: "isPlaced" })).items[0])).toEqual(
      SHOWN,
    );
    expect(shown((await orders.list({ last: 2, orderBy: "customer" })).items[0])).toEqual(SHOWN);
    for await (const { items } of orders.pages({ where: { customer: "Ada" } })) {
      expect(items.map(shown)).toEqual([SHOWN]);
    }
    for await (const found of orders.each({ where: { customer: "Ada" } })) {
      expect(shown(found)).toEqual(SHOWN);
    }
    expect(JSON.parse(JSON.stringify(await orders.findById(id)))).toMatchObject({
      id,
      lines: [
        { state: { sku: "pen" }, remarks: [{ state: { text: "fine" } }] },
        { state: { sku: "ink" } },
      ],
    });
  },

  "children are left out where that is asked for, and nobody decides over them then": async (
    bench,
  ) => {
    const { orders } = await openOrders(bench);
    const { id } = await created(orders);
    const bare = await orders.findById(id, { children: false });
    expect(bare.state.customer).toBe("Ada");
    expect(() => bare.lines).toThrow(ChildrenNotLoadedError);
    expect(() => bare.place()).toThrow(ChildrenNotLoadedError);
    expect(bare.pending).toEqual([]);
    expect(JSON.stringify(bare)).not.toContain("lines");
    const some = await orders.list({ children: { notes: false } });
    expect(some.items[0]?.lines.get(some.items[0]?.lines.list[0]?.id ?? "").remarks.size).toBe(1);
    expect(() => some.items[0]?.notes).toThrow(ChildrenNotLoadedError);
    const notes = (await orders.findAll([id], { children: { lines: false } })).get(id);
    expect(notes?.notes.size).toBe(1);
    expect(() => notes?.lines).toThrow(ChildrenNotLoadedError);
    await thrownBy(orders.list({ children: { boxes: false } as never }), InvalidArgumentError);

    bare.rename("Countess");
    expect(await orders.update(bare)).toBe(1);
    expect(shown(await orders.findById(id))).toEqual({
      ...SHOWN,
      customer: "Countess",
      version: 2,
    });
  },

  "one update writes an entity with what its command made of its children": async (bench) => {
    const { orders } = await openOrders(bench);
    const order = await created(orders);
    const [pen, ink] = order.lines.list.map(({ id }) => id) as [string, string];
    order.changeQuantity(pen, 5);
    order.removeLine(ink);
    order.addLine({ sku: "paper", quantity: 7 });
    order.rewriteRemarks("better");
    order.note("ring twice");
    order.place();
    expect(await orders.update(order)).toBe(6);
    expect(await orders.update(order)).toBe(0);
    const expected = {
      customer: "Ada",
      isPlaced: true,
      version: 2,
      lines: [
        { sku: "pen", quantity: 5, label: "blue", version: 2, remarks: ["better"] },
        { sku: "paper", quantity: 7, version: 1, remarks: [] },
      ],
      notes: ["call first", "ring twice"],
    };
    expect(shown(order)).toEqual(expected);
    expect(order.lines.list.map(({ pending }) => pending)).toEqual([[], []]);
    const read = await orders.findById(order.id);
    expect(shown(read)).toEqual(expected);
    read.addLine({ sku: "glue", quantity: 1 });
    expect(await orders.update(read)).toBe(1);
    expect(read.version).toBe(2);
    expect((await orders.findById(order.id)).lines.size).toBe(3);
  },

  "a removed child is out of sight, and comes back when it is restored": async (bench) => {
    const { orders } = await openOrders(bench);
    const order = await created(orders);
    const [pen, ink] = order.lines.list.map(({ id }) => id) as [string, string];
    order.removeLine(pen);
    await orders.update(order);
    const read = await orders.findById(order.id);
    expect(read.lines.list.map(({ id }) => id)).toEqual([ink]);
    expect(read.lines.maybeGet(pen)).toBeUndefined();
    expect(() => read.restoreLine(pen)).toThrow(EntityNotFoundError);
    const all = await orders.findById(order.id, { includeDeleted: true });
    expect(all.lines.list.map(({ id }) => id)).toEqual([ink]);
    expect(all.restoreLine(pen)).toBe("executed");
    await orders.update(all);
    const [restored] = (await orders.list()).items;
    expect(restored?.lines.list.map(({ id }) => id)).toEqual([pen, ink]);
    expect(restored?.lines.get(pen).remarks.size).toBe(1);
  },

  "deleting a parent takes its children out of sight with it, and restoring brings them back":
    async (bench) => {
      const { orders } = await openOrders(bench);
      const order = await created(orders);
      order.removeLine(order.lines.list[1]?.id ?? "");
      await orders.update(order);
      await orders.delete(order);
      expect(await orders.maybeFindById(order.id)).toBeUndefined();
      const deleted = await orders.findById(order.id, { includeDeleted: true });
      expect(deleted.lines.size).toBe(1);
      await orders.restore(deleted);
      const restored = await orders.findById(order.id);
      expect(shown(restored)).toEqual({ ...SHOWN, version: 3, lines: [SHOWN.lines[0]] });
    },

  "children can be read by themselves, and written by their parent alone": async (bench) => {
    const { orders, Order, Line } = await openOrders(bench);
    const order = await created(orders);
    await created(orders, { ...INPUT, lines: [{ sku: "pen", quantity: 9, label: "red" }] });
    const lines = createStoreRepository(Line, bench.store);
    const where = { [`${Order.name}Id`]: order.id } as const;
    const { items } = await lines.list({ where });
    expect(items.map(({ state }) => state.sku)).toEqual(["pen", "ink"]);
    expect(items[0]?.remarks.size).toBe(1);
    expect((await lines.findByLabel("red")).state.quantity).toBe(9);
    expect(await lines.count({ where: { sku: "pen" } })).toBe(2);
    expect((await lines.history(items[0]?.id ?? "")).items.map(({ event }) => event)).toEqual([
      { type: "LineAdded", sku: "pen", quantity: 2, label: "blue" },
    ]);
    for (const call of [
      "create",
      "createAll",
      "update",
      "updateAll",
      "transact",
      "delete",
      "restore",
    ]) {
      expect(lines).not.toHaveProperty(call);
    }
  },

  "the events of children are topics of their own, after those of their parents": async (bench) => {
    const { orders, Order, Line, Remark } = await openOrders(bench);
    const seen: unknown[] = [];
    const order = await created(orders);
    order.changeQuantity(order.lines.list[0]?.id ?? "", 3);
    await orders.update(order);
    const stop = new AbortController();
    const note = (event: { readonly type: string }) => {
      seen.push(event.type);
      if (seen.length === 5) stop.abort();
    };
    const consumer = createStoreConsumer(bench.store, {
      name: `${Order.name}-trees`,
      topics: [Remark, Line, Order],
      onEvent: note,
    });
    await consumer.run({ signal: stop.signal });
    expect(seen).toEqual([
      "OrderOpened",
      "LineAdded",
      "LineAdded",
      "RemarkMade",
      "QuantityChanged",
    ]);
  },

  "two that change different children of one parent cannot both win": async (bench) => {
    const { orders } = await openOrders(bench);
    const { id, lines } = await created(orders);
    const [pen, ink] = lines.list.map((line) => line.id) as [string, string];
    const [one, other, third] = [
      await orders.findById(id),
      await orders.findById(id),
      await orders.findById(id),
    ];
    one.changeQuantity(pen, 50);
    other.changeQuantity(ink, 50);
    third.rename("Countess");
    expect(await orders.update(one)).toBe(1);
    await thrownBy(orders.update(other), ConcurrentModificationError);
    await thrownBy(orders.update(third), ConcurrentModificationError);
    const read = await orders.findById(id);
    expect(read.version).toBe(1);
    expect(() => read.changeQuantity(ink, 51)).toThrow("tooMany");
  },

  "children that are not guarded are changed side by side": async (bench) => {
    const { orders } = await openOrders(bench);
    const { id } = await orders.create({ ...INPUT, notes: ["a", "b"] });
    const [one, other, third] = [
      await orders.findById(id),
      await orders.findById(id),
      await orders.findById(id),
    ];
    const [a, b] = one.notes.list.map((note) => note.id) as [string, string];
    one.rewriteNote(a, "A");
    other.rewriteNote(b, "B");
    other.note("c");
    expect(await orders.update(one)).toBe(1);
    expect(await orders.update(other)).toBe(2);
    third.rename("Countess");
    expect(await orders.update(third)).toBe(1);
    const read = await orders.findById(id);
    expect(read.notes.list.map(({ state }) => state.text)).toEqual(["A", "B", "c"]);
    const [first, second] = [await orders.findById(id), await orders.findById(id)];
    first.rewriteNote(a, "AA");
    second.rewriteNote(a, "AAA");
    await orders.update(first);
    await thrownBy(orders.update(second), ConcurrentModificationError);
  },
});
