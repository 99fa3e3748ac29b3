import {
  createStoreConsumer,
  createStoreRepository,
  EntityNotFoundError,
  type EntityOf,
  InvalidArgumentError,
  Scope,
  treeOf,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineBasket } from "../entities/basket.ts";
import type { defineOrder } from "../entities/order.ts";
import { thrownBy } from "../thrown-by.ts";
import { openOrders } from "./trees.ts";

type Order = EntityOf<ReturnType<typeof defineOrder>["Order"]>;

const INPUT = {
  customer: "Ada",
  lines: [
    { sku: "pen", quantity: 2 },
    { sku: "ink", quantity: 1 },
  ],
  notes: ["call first"],
};

/** An order with something written in every level, and a second one among it. */
const lived = async (bench: Bench) => {
  const made = await openOrders(bench);
  const { orders } = made;
  const order = await orders.create(INPUT);
  const other = await orders.create({ ...INPUT, customer: "Bea" });
  const [pen, ink] = order.lines.list.map(({ id }) => id) as [string, string];
  const steps: ((one: Order) => unknown)[] = [
    (one) => one.remark(pen, "fine"),
    (one) => one.changeQuantity(pen, 7),
    (one) => one.removeLine(ink),
    (one) => one.rename("Countess"),
    (one) => one.rewriteRemarks("better"),
  ];
  for (const step of steps) {
    step(order);
    await orders.update(order);
    other.note("meanwhile");
    await orders.update(other);
  }
  return { ...made, order, other, pen, ink };
};

const TYPES = [
  ...["OrderOpened", "LineAdded", "LineAdded", "NoteTaken", "RemarkMade", "QuantityChanged"],
  ...["LineRemoved", "OrderRenamed", "RemarkChanged"],
];

interface Delivered {
  readonly event: object;
  readonly topic: string;
  readonly entityId: string;
  readonly parentId: string | undefined;
  readonly sequence: number;
  readonly position: number;
}

/** What was delivered of one tree, by position: each event says whose child its entity is. */
const inTree = (id: string, delivered: ReadonlyMap<number, Delivered>): readonly Delivered[] => {
  const all = [...delivered.values()].sort((one, next) => one.position - next.position);
  const members = new Set([id]);
  return all.filter(({ entityId, parentId }) => {
    if (parentId !== undefined && members.has(parentId)) members.add(entityId);
    return members.has(entityId);
  });
};

export const treeHistory = contractGroup("history: trees", {
  "has every event of a tree in the order in which they are delivered": async (bench) => {
    const { orders, Order, order } = await lived(bench);
    const delivered = new Map<number, Delivered>();
    let calls = 0;
    const consumer = createStoreConsumer(bench.store, {
      name: `${Order.name}-tree`,
      topics: treeOf(Order),
      retry: { firstMs: 1 },
      onEvent: (event, { topic, entityId, parentId, sequence, position }) => {
        calls += 1;
        // What is tried again is read by other means, and has to tell the same.
        if (calls === 3) throw new Error("once");
        delivered.set(position, { event, topic, entityId, parentId, sequence, position });
      },
    });
    await expect
      .poll(async () => {
        await consumer.catchUp();
        return inTree(order.id, delivered).length;
      })
      .toBe(TYPES.length);
    const { items, hasNextPage, hasPreviousPage } = await orders.treeHistory(order.id);
    expect(items.map(({ event }) => event.type)).toEqual(TYPES);
    expect(
      items.map(({ event, topic, entityId, parentId, sequence, position }) => {
        return { event, topic, entityId, parentId, sequence, position };
      }),
    ).toEqual(inTree(order.id, delivered));
    expect(items.every(({ recordedAt }) => recordedAt instanceof Date)).toBe(true);
    expect([hasNextPage, hasPreviousPage]).toEqual([false, false]);
  },

  "says whose event each is": async (bench) => {
    const { orders, Order, Line, order, pen, ink } = await lived(bench);
    const { items } = await orders.treeHistory(order.id);
    const owners = items.map(({ topic, entityId, parentId }) => ({ topic, entityId, parentId }));
    expect(owners[0]).toEqual({ topic: Order.name, entityId: order.id, parentId: undefined });
    expect(owners[2]).toEqual({ topic: Line.name, entityId: ink, parentId: order.id });
    expect(owners[4]).toMatchObject({ parentId: pen });
    const lines = createStoreRepository(Line, bench.store);
    const below = await lines.treeHistory(pen);
    expect(below.items.map(({ event }) => event.type)).toEqual([
      ...["LineAdded", "RemarkMade", "QuantityChanged", "RemarkChanged"],
    ]);
    expect(below.items[0]?.parentId).toBe(order.id);
  },

  "comes in pages, from both ends and in both directions": async (bench) => {
    const { orders, order } = await lived(bench);
    const all = (await orders.treeHistory(order.id)).items;
    for (const direction of ["asc", "desc"] as const) {
      const expected = direction === "asc" ? all : all.toReversed();
      const walked: unknown[] = [];
      for await (const item of orders.eachTreeEvent(order.id, { first: 2, direction })) {
        walked.push(item);
      }
      expect(walked).toEqual(expected);
      const backward: unknown[] = [];
      let before: string | undefined;
      do {
        const page = await orders.treeHistory(order.id, { last: 4, before, direction });
        backward.unshift(...page.items);
        before = page.hasPreviousPage ? page.startCursor : undefined;
      } while (before !== undefined);
      expect(backward).toEqual(expected);
    }
    const after = all[5]?.position;
    const rest = await orders.treeHistory(order.id, { after });
    expect(rest.items).toEqual(all.slice(6));
    expect(rest.hasPreviousPage).toBe(true);
    await thrownBy(orders.treeHistory(order.id, { after: "x" }), InvalidArgumentError);
    await thrownBy(orders.treeHistory(order.id, { first: 0 }), InvalidArgumentError);
  },

  "leaves out the kinds that are not wanted": async (bench) => {
    const { orders, order } = await lived(bench);
    const typesOf = async (children: false | { lines?: boolean; notes?: boolean }) =>
      (await orders.treeHistory(order.id, { children })).items.map(({ event }) => event.type);
    expect(await typesOf(false)).toEqual(["OrderOpened", "OrderRenamed"]);
    expect(await typesOf({ lines: false })).toEqual(["OrderOpened", "NoteTaken", "OrderRenamed"]);
    expect(await typesOf({ notes: false })).toEqual(TYPES.filter((type) => type !== "NoteTaken"));
    const unknown = orders.treeHistory(order.id, { children: { boxes: false } as never });
    await thrownBy(unknown, InvalidArgumentError);
  },

  "belongs to an entity that is there": async (bench) => {
    const { orders, order } = await lived(bench);
    await thrownBy(orders.treeHistory("no id"), EntityNotFoundError);
    await thrownBy(orders.treeHistory("01890000-0000-7000-8000-000000000000"), EntityNotFoundError);
    await orders.delete(order);
    await thrownBy(orders.treeHistory(order.id), EntityNotFoundError);
    const { items } = await orders.treeHistory(order.id, { includeDeleted: true });
    expect(items.map(({ event }) => event.type)).toEqual([...TYPES, "OrderCancelled"]);
  },

  "shows a transaction what it has written": async (bench) => {
    const { orders, order } = await lived(bench);
    await bench.transaction(async (tx) => {
      order.note("in here");
      await orders.update(order, { tx });
      const { items } = await orders.treeHistory(order.id, { tx, last: 1 });
      expect(items.map(({ event }) => event)).toEqual([{ type: "NoteTaken", text: "in here" }]);
    });
  },

  "is one scope's alone": async (bench) => {
    const { Basket } = await bench.defineAll(defineBasket);
    const baskets = createStoreRepository(Basket, bench.store);
    const acme = baskets.scoped({ tenantId: "acme" });
    const { id } = await acme.create({ owner: "Ada", skus: ["pen", "cup"] });
    expect((await acme.treeHistory(id)).items).toHaveLength(3);
    expect((await baskets.scoped(Scope.all).treeHistory(id)).items).toHaveLength(3);
    const globex = baskets.scoped({ tenantId: "globex" });
    await thrownBy(globex.treeHistory(id), EntityNotFoundError);
  },
});
