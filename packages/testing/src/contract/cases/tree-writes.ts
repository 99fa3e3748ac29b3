import {
  ConcurrentModificationError,
  createStoreRepository,
  DuplicateValueError,
  isReplayed,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { thrownBy } from "../thrown-by.ts";
import { openOrders, shown } from "./trees.ts";

class Change extends Error {}

const line = (sku: string, label?: string) => ({ sku, quantity: 1, ...(label && { label }) });

export const treeWrites = contractGroup("writing trees", {
  "a rollback gives back what is pending of children, and it can be written again": async (
    bench,
  ) => {
    const { orders } = await openOrders(bench);
    const order = await orders.create({ customer: "Ada", lines: [line("pen")] });
    const pen = order.lines.list[0]?.id ?? "";
    order.changeQuantity(pen, 3);
    order.addLine(line("ink"));
    order.note("call");
    const rolledBack = bench.transaction(async (tx) => {
      expect(await orders.update(order, { tx })).toBe(3);
      order.changeQuantity(pen, 4);
      order.rename("Countess");
      expect(await orders.update(order, { tx })).toBe(2);
      expect((await orders.findById(order.id, { tx })).lines.get(pen).state.quantity).toBe(4);
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    expect(shown(await orders.findById(order.id))).toMatchObject({ customer: "Ada", notes: [] });
    expect(order.lines.list.map(({ version, pending }) => [version, pending.length])).toEqual([
      [1, 2],
      [0, 1],
    ]);
    expect(await orders.update(order)).toBe(5);
    const read = await orders.findById(order.id);
    expect(shown(read)).toEqual(shown(order));
    expect(read.lines.list.map(({ version }) => version)).toEqual([3, 1]);
  },

  "what is refused of a child leaves nothing, also in a transaction that goes on": async (
    bench,
  ) => {
    const { orders } = await openOrders(bench);
    const taken = await orders.create({ customer: "Ada", lines: [line("pen", "blue")] });
    const order = await orders.create({ customer: "Bea", lines: [line("pen", "red")] });
    order.rename("Countess");
    order.addLine(line("ink", "green"));
    await bench.transaction(async (tx) => {
      const stale = await orders.findById(order.id, { tx });
      stale.relabel(stale.lines.list[0]?.id ?? "", "blue");
      stale.rename("Nobody");
      const error = await thrownBy(orders.update(stale, { tx }), DuplicateValueError);
      expect(error.columns).toEqual(["label"]);
      expect(error.values).toEqual(["blue"]);
      expect(error.message).not.toContain("blue");
      expect(stale.pending).toHaveLength(1);
      expect(await orders.update(order, { tx })).toBe(2);
    });
    expect(shown(await orders.findById(order.id))).toMatchObject({
      customer: "Countess",
      lines: [{ label: "red" }, { label: "green" }],
    });
    expect(shown(await orders.findById(taken.id))).toMatchObject({ lines: [{ label: "blue" }] });
  },

  "children are unique within their parent, or everywhere, as declared": async (bench) => {
    const { orders, Order } = await openOrders(bench);
    const twice = { customer: "Ada", lines: [line("pen"), line("pen")] };
    const error = await thrownBy(orders.create(twice), DuplicateValueError);
    expect(error.columns).toEqual([`${Order.name}Id`, "sku"]);
    expect(await orders.count()).toBe(0);
    const [ada, bea] = [
      await orders.create({ customer: "Ada", lines: [line("pen", "blue")] }),
      await orders.create({ customer: "Bea", lines: [line("pen")] }),
    ];
    bea.addLine(line("ink", "blue"));
    await thrownBy(orders.update(bea), DuplicateValueError);
    expect((await orders.findById(bea.id)).lines.size).toBe(1);
    ada.replace(ada.lines.list[0]?.id ?? "", 5);
    expect(await orders.update(ada)).toBe(2);
    expect(shown(await orders.findById(ada.id))?.lines).toMatchObject([
      { sku: "pen", quantity: 5, label: "blue" },
    ]);
    ada.addLine(line("ink", "green"));
    await orders.update(ada);
    const [one, other] = ada.lines.list.map(({ id }) => id) as [string, string];
    ada.swapLabels(one, other);
    await orders.update(ada);
    expect(shown(await orders.findById(ada.id))?.lines).toMatchObject([
      { label: "green" },
      { label: "blue" },
    ]);
  },

  "many trees are written at once, or none of them": async (bench) => {
    const { orders } = await openOrders(bench);
    const made = await orders.createAll(
      ["Ada", "Bea", "Cyd"].map((customer) => ({ customer, lines: [line("pen"), line("ink")] })),
    );
    expect(made.map(({ lines }) => lines.size)).toEqual([2, 2, 2]);
    const [ada, bea, cyd] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
    ada.rename("Countess");
    bea.changeQuantity(bea.lines.list[1]?.id ?? "", 9);
    cyd.addLine(line("paper"));
    cyd.note("call");
    expect(await orders.updateAll(made)).toBe(4);
    expect((await orders.list()).items.map(shown)).toEqual(made.map(shown));

    const stale = await orders.findById(bea.id);
    bea.changeQuantity(bea.lines.list[0]?.id ?? "", 9);
    await orders.update(bea);
    ada.rename("Nobody");
    ada.addLine(line("glue"));
    stale.addLine(line("glue"));
    const error = await thrownBy(orders.updateAll([cyd, ada, stale]), ConcurrentModificationError);
    expect(error.batchIndex).toBe(2);
    expect((await orders.findById(ada.id)).state.customer).toBe("Countess");
    expect((await orders.findById(ada.id)).lines.size).toBe(2);
    expect(await orders.updateAll([ada])).toBe(2);

    await thrownBy(
      orders.createAll([
        { customer: "Dee", lines: [line("pen", "blue")] },
        { customer: "Eve", lines: [line("pen", "blue")] },
      ]),
      DuplicateValueError,
    );
    expect(await orders.count()).toBe(3);
  },

  "a request that changes children alone takes effect once": async (bench) => {
    const { orders } = await openOrders(bench);
    const once = { idempotencyKey: "open" };
    const order = await orders.create({ customer: "Ada", lines: [line("pen")] }, once);
    const again = await orders.create({ customer: "Ada", lines: [line("pen")] }, once);
    expect(again.id).toBe(order.id);
    expect(isReplayed(again)).toBe(true);
    expect(again.lines.size).toBe(1);

    const add = { idempotencyKey: "add" };
    for (const replayed of [false, true]) {
      const read = await orders.transact(order.id, (found) => found.addLine(line("ink")), add);
      expect(read.replayed).toBe(replayed);
      expect(read.entity.lines.size).toBe(2);
      expect(read.entity.pending).toEqual([]);
    }
    const note = { idempotencyKey: "note" };
    for (const replayed of [false, true]) {
      const read = await orders.transact(order.id, (found) => found.note("call"), note);
      expect([read.replayed, read.entity.notes.size]).toEqual([replayed, 1]);
    }
    const read = await orders.findById(order.id);
    read.changeQuantity(read.lines.list[0]?.id ?? "", 7);
    expect(await orders.update(read, { idempotencyKey: "change" })).toBe(1);
    expect(shown(await orders.findById(order.id))?.lines).toMatchObject([
      { quantity: 7 },
      { quantity: 1 },
    ]);
  },

  "a decision over children is made again when somebody else was faster": async (bench) => {
    const { orders } = await openOrders(bench);
    const { id } = await orders.create({ customer: "Ada", lines: [line("pen"), line("ink")] });
    let tries = 0;
    const { result } = await orders.transact(id, async (order) => {
      tries += 1;
      const [pen, ink] = order.lines.list.map((one) => one.id) as [string, string];
      if (tries === 1) {
        const other = await orders.findById(id);
        other.changeQuantity(ink, 50);
        await orders.update(other);
      }
      return order.attempt.changeQuantity(pen, 50).outcome;
    });
    expect([tries, result]).toEqual([2, "executed"]);
    const read = await orders.findById(id);
    expect(read.lines.list.map(({ state }) => state.quantity)).toEqual([50, 50]);
  },

  "the hook of a parent is told of writes that touch children alone": async (bench) => {
    const { Order } = await openOrders(bench);
    const told: unknown[] = [];
    const orders = createStoreRepository(Order, bench.store, {
      onAppended: async (tx, order, events) => {
        const read = await orders.findById(order.id, { tx });
        told.push([events.map(({ event }) => event.type), read.lines.size]);
        if (read.lines.size > 2) throw new Change("too many");
      },
    });
    const order = await orders.create({ customer: "Ada", lines: [line("pen")] });
    order.addLine(line("ink"));
    await orders.update(order);
    order.addLine(line("glue"));
    await thrownBy(orders.update(order), Change);
    expect(told).toEqual([
      [["OrderOpened"], 1],
      [[], 2],
      [[], 3],
    ]);
    expect(order.lines.list.map(({ version }) => version)).toEqual([1, 1, 0]);
    expect((await orders.findById(order.id)).lines.size).toBe(2);
  },

  "a tree of one kind is written by the same statements however many there are": async (bench) => {
    const { orders } = await openOrders(bench);
    const skus = Array.from({ length: 100 }, (_, at) => `sku-${String(at).padStart(3, "0")}`);
    const order = await orders.create({ customer: "Ada", lines: skus.map((sku) => line(sku)) });
    for (const { id } of order.lines.list.slice(0, 50)) order.remark(id, "fine");
    expect(await orders.update(order)).toBe(50);
    const read = await orders.findById(order.id);
    expect(read.lines.list.map(({ state }) => state.sku)).toEqual(skus);
    expect(read.lines.list.filter(({ remarks }) => remarks.size === 1)).toHaveLength(50);
  },
});
