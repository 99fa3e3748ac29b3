import {
  ChildrenNotLoadedError,
  ConcurrentModificationError,
  createStoreRepository,
  InvalidArgumentError,
  type WhereOf,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { defineBasket } from "../entities/basket.ts";
import { defineFamily } from "../entities/family.ts";
import type { defineOrder } from "../entities/order.ts";
import { countedKeys } from "../entities/patient.ts";
import { thrownBy } from "../thrown-by.ts";
import { openOrders, shown } from "./trees.ts";

type Line = ReturnType<typeof defineOrder>["Line"];

const LINES = [
  { sku: "pen", quantity: 2, label: "blue" },
  { sku: "ink", quantity: 1 },
  { sku: "pencil", quantity: 4, label: "red" },
];

const opened = async (bench: Bench) => {
  const made = await openOrders(bench);
  const order = await made.orders.create({ customer: "Ada", lines: LINES, notes: ["call first"] });
  const [pen, ink, pencil] = order.lines.list.map(({ id }) => id) as [string, string, string];
  order.remark(pen, "fine");
  order.remark(pen, "blunt");
  await made.orders.update(order);
  return { ...made, order, pen, ink, pencil };
};

const skus = (order: { readonly lines: Iterable<{ readonly state: { readonly sku: string } }> }) =>
  [...order.lines].map(({ state }) => state.sku);

export const treeParts = contractGroup("trees in part", {
  "some kinds alone are read by their names": async (bench) => {
    const { orders, order } = await opened(bench);
    const lines = await orders.findById(order.id, { children: ["lines"] });
    expect(skus(lines)).toEqual(["pen", "ink", "pencil"]);
    expect(() => lines.notes).toThrow(ChildrenNotLoadedError);
    const none = await orders.findById(order.id, { children: [] });
    expect(() => none.lines).toThrow(ChildrenNotLoadedError);
    await thrownBy(
      orders.findById(order.id, { children: ["boxes"] as never }),
      InvalidArgumentError,
    );
    const history = await orders.treeHistory(order.id, { children: ["notes"] });
    expect(history.items.map(({ event }) => event.type)).toEqual(["OrderOpened", "NoteTaken"]);
  },

  "some children of a kind are read by a condition, through every read": async (bench) => {
    const { orders, order, Line } = await opened(bench);
    const others = LINES.map(({ sku, quantity }) => ({ sku, quantity }));
    const other = await orders.create({ customer: "Bea", lines: others });
    const children = { lines: { where: { sku: "pen" } } } as const;
    const part = await orders.findById(order.id, { children });
    expect(shown(part)).toMatchObject({
      lines: [{ sku: "pen", remarks: ["fine", "blunt"] }],
      notes: ["call first"],
    });
    expect(part.lines.size).toBe(1);
    expect(skus((await orders.maybeFindById(order.id, { children })) ?? part)).toEqual(["pen"]);
    const all = await orders.findAll([order.id, other.id], { children });
    expect([...all.values()].map(skus)).toEqual([["pen"], ["pen"]]);
    const { items } = await orders.list({ where: { customer: "Ada" }, children });
    expect(items.map(skus)).toEqual([["pen"]]);
    expect((await orders.listByCustomer("Bea", { children })).items.map(skus)).toEqual([["pen"]]);
    for await (const one of orders.each({ children, first: 1 })) expect(skus(one)).toEqual(["pen"]);
    const lines = createStoreRepository(Line, bench.store);
    for (const includeDeleted of [false, true]) {
      const remarks = { where: { text: { startsWith: "bl" } } };
      const pen = await lines.findByLabel("blue", { children: { remarks }, includeDeleted });
      expect(pen.remarks.list.map(({ state }) => state.text)).toEqual(["blunt"]);
    }
    const { items: told } = await orders.treeHistory(order.id, {
      children: { lines: { where: { sku: "ink" } }, notes: false },
    });
    expect(told.map(({ event }) => event.type)).toEqual(["OrderOpened", "LineAdded"]);
  },

  "conditions are those of lists": async (bench) => {
    const { orders, order, ink } = await opened(bench);
    const found = async (where: WhereOf<Line>, includeDeleted = false) =>
      skus(await orders.findById(order.id, { children: { lines: { where } }, includeDeleted }));
    expect(await found({})).toEqual(["pen", "ink", "pencil"]);
    expect(await found({ sku: { startsWith: "pen" } })).toEqual(["pen", "pencil"]);
    expect(await found({ sku: { in: ["ink", "pencil"] } })).toEqual(["ink", "pencil"]);
    expect(await found({ label: null })).toEqual(["ink"]);
    expect(await found({ or: [{ label: "red" }, { not: { sku: "pen" } }] })).toEqual([
      "ink",
      "pencil",
    ]);
    expect(await found({ sku: "nothing" })).toEqual([]);
    const wrong = { lines: { where: { price: 1 } } } as never;
    await thrownBy(orders.findById(order.id, { children: wrong }), InvalidArgumentError);
    await thrownBy(found({ deletedAt: null }), InvalidArgumentError);
    order.removeLine(ink);
    await orders.update(order);
    expect(await found({ label: null })).toEqual([]);
    const removed = await orders.findById(order.id, {
      children: { lines: { where: { deletedAt: { not: null } } } },
      includeDeleted: true,
    });
    expect(removed.restoreLine(ink)).toBe("executed");
    await orders.update(removed);
    expect(await found({ label: null })).toEqual(["ink"]);
  },

  "nobody decides over children of which some were left out": async (bench) => {
    const { orders, order, pen, ink } = await opened(bench);
    const children = { lines: { where: { sku: "pen" } } } as const;
    const part = await orders.findById(order.id, { children });
    const refused = (run: () => unknown) => {
      expect(run).toThrow(ChildrenNotLoadedError);
      expect(run).toThrow("Some of the lines");
      expect(part.pending).toEqual([]);
      expect(part.lines.list.flatMap(({ pending }) => pending)).toEqual([]);
    };
    refused(() => part.place());
    refused(() => part.addLine({ sku: "glue", quantity: 1 }));
    refused(() => part.changeQuantity(pen, 3));
    refused(() => part.removeLine(ink));
    refused(() => part.restoreLine(ink));
    refused(() => part.attempt.remark(ink, "x"));
    refused(() => part.rewriteRemarks("x"));
    expect(await orders.update(part)).toBe(0);
    expect(skus(await orders.findById(order.id))).toEqual(["pen", "ink", "pencil"]);
  },

  "children that were read are changed by their ids, under the guard of the tree": async (
    bench,
  ) => {
    const { orders, order, pen, ink, pencil } = await opened(bench);
    const read = (sku: string) =>
      orders.findById(order.id, { children: { lines: { where: { sku } } } });
    const [one, other, note] = [await read("pen"), await read("ink"), await read("pencil")];
    one.relabel(pen, "green");
    one.remark(pen, "sharp");
    one.rename("Countess");
    other.removeLine(ink);
    note.note("not guarded");
    expect(await orders.update(one)).toBe(3);
    await thrownBy(orders.update(other), ConcurrentModificationError);
    expect(await orders.update(note)).toBe(1);
    note.relabel(pencil, "black");
    await thrownBy(orders.update(note), ConcurrentModificationError);
    const whole = await orders.findById(order.id);
    expect(whole.lines.list.map(({ state }) => state.label)).toEqual(["green", undefined, "red"]);
    expect(whole.lines.get(pen).remarks.size).toBe(3);
    expect(whole.notes.size).toBe(2);
    const again = await read("ink");
    again.removeLine(ink);
    await orders.update(again);
    expect(skus(await orders.findById(order.id))).toEqual(["pen", "pencil"]);
  },

  "a transaction reads the part that it has written": async (bench) => {
    const { orders, order } = await opened(bench);
    await bench.transaction(async (tx) => {
      order.addLine({ sku: "glue", quantity: 1 });
      await orders.update(order, { tx });
      const children = { lines: { where: { sku: "glue" } } } as const;
      expect(skus(await orders.findById(order.id, { tx, children }))).toEqual(["glue"]);
    });
  },

  "conditions hold within a scope": async (bench) => {
    const { Basket } = await bench.defineAll(defineBasket);
    const baskets = createStoreRepository(Basket, bench.store);
    const acme = baskets.scoped({ tenantId: "acme" });
    const { id } = await acme.create({ owner: "Ada", skus: ["pen", "cup"] });
    await baskets.scoped({ tenantId: "globex" }).create({ owner: "Bob", skus: ["pen"] });
    const children = { items: { where: { sku: "pen" } } } as const;
    const items = (basket: { readonly items: { readonly size: number } }) => basket.items.size;
    expect(items(await acme.findById(id, { children }))).toBe(1);
    expect((await acme.list({ children })).items.map(items)).toEqual([1]);
    expect((await acme.treeHistory(id, { children })).items).toHaveLength(2);
  },

  "children are chosen by personal columns, without a value in the clear": both(
    async (bench, method) => {
      const { Family } = await bench.defineAll(defineFamily(method));
      const families = createStoreRepository(Family, bench.store, { keys: countedKeys() });
      const made = await families.create({ street: "Main", members: ["Ada", "Bob"] });
      const children = { members: { where: { name: "Ada" } } } as const;
      const names = (family: typeof made) => family.members.list.map(({ state }) => state.name);
      expect(names(await families.findById(made.id, { children }))).toEqual(["Ada"]);
      expect((await families.list({ children })).items.map(names)).toEqual([["Ada"]]);
      const like = { members: { where: { name: { startsWith: "A" } } } } as never;
      await thrownBy(families.findById(made.id, { children: like }), InvalidArgumentError);
    },
  ),
});
