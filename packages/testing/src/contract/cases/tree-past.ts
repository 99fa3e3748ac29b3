import {
  createStoreRepository,
  type EntityOf,
  EntityUnusableError,
  InvalidArgumentError,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineFamily } from "../entities/family.ts";
import { defineOrder } from "../entities/order.ts";
import { countedKeys } from "../entities/patient.ts";
import { thrownBy } from "../thrown-by.ts";
import { shown } from "./trees.ts";

type Order = EntityOf<ReturnType<typeof defineOrder>["Order"]>;

const at = (minute: number): Date => new Date(Date.UTC(2024, 0, 1, 12, minute));

interface Moment {
  readonly minute: number;
  readonly version: number;
  readonly position: number;
  readonly order: ReturnType<typeof shown>;
}

/** An order with how it was after each of its writes, one each ten minutes. */
const lived = async (bench: Bench) => {
  const made = await bench.defineAll(defineOrder);
  let minute = 10;
  const clock = clockThat(() => at(minute));
  const orders = createStoreRepository(made.Order, bench.store, { clock });
  const order = await orders.create({
    customer: "Ada",
    lines: [
      { sku: "pen", quantity: 2 },
      { sku: "ink", quantity: 1 },
    ],
  });
  const [pen, ink] = order.lines.list.map(({ id }) => id) as [string, string];
  const moments: Moment[] = [];
  const look = async (): Promise<void> => {
    const { items } = await orders.treeHistory(order.id, { last: 1, includeDeleted: true });
    const read = await orders.findById(order.id, { includeDeleted: true });
    const position = items.at(-1)?.position ?? 0;
    moments.push({ minute, version: read.version, position, order: shown(read) });
  };
  await look();
  const steps: ((one: Order) => unknown)[] = [
    (one) => one.remark(pen, "fine"),
    (one) => one.rename("Countess"),
    (one) => one.removeLine(ink),
    (one) => one.note("call first"),
    (one) => [one.changeQuantity(pen, 7), one.rewriteRemarks("better"), one.place()],
    (one) => one.addLine({ sku: "cup", quantity: 3 }),
  ];
  for (const step of steps) {
    minute += 10;
    const read = await orders.findById(order.id);
    step(read);
    await orders.update(read);
    await look();
  }
  return {
    ...made,
    orders,
    id: order.id,
    pen,
    ink,
    moments,
    set: (next: number) => (minute = next),
  };
};

export const treePast = contractGroup("a tree as it was", {
  "at a position and at a time is what was read then": async (bench) => {
    const { orders, id, moments } = await lived(bench);
    for (const { position, minute, order } of moments) {
      expect(shown(await orders.findById(id, { asOf: { position } }))).toEqual(order);
      expect(shown(await orders.findById(id, { asOf: at(minute) }))).toEqual(order);
      expect(shown(await orders.findById(id, { asOf: at(minute + 9) }))).toEqual(order);
    }
    expect(await orders.maybeFindById(id, { asOf: at(9) })).toBeUndefined();
    const before = (moments[0]?.position ?? 0) - 3;
    expect(await orders.maybeFindById(id, { asOf: { position: before } })).toBeUndefined();
  },

  "at a version is what it last was at that version": async (bench) => {
    const { orders, id, moments } = await lived(bench);
    for (const version of [1, 2, 3]) {
      const last = moments.findLast((moment) => moment.version === version);
      expect(shown(await orders.findById(id, { asOf: { version } }))).toEqual(last?.order);
    }
    await thrownBy(orders.findById(id, { asOf: { version: 4 } }), InvalidArgumentError);
  },

  "is between its writes what the events say": async (bench) => {
    const { orders, id, pen } = await lived(bench);
    const { items } = await orders.treeHistory(id);
    const changed = items.find(({ event }) => event.type === "QuantityChanged");
    const during = await orders.findById(id, { asOf: { position: changed?.position ?? 0 } });
    expect(during.state.isPlaced).toBe(true);
    expect(during.lines.get(pen).state.quantity).toBe(7);
    expect(during.lines.get(pen).remarks.list.map(({ state }) => state.text)).toEqual(["fine"]);
  },

  "is never ahead of its time, whatever clocks did": async (bench) => {
    const { orders, id, pen, set } = await lived(bench);
    set(100);
    const late = await orders.findById(id);
    late.changeQuantity(pen, 8);
    await orders.update(late);
    set(80);
    const early = await orders.findById(id);
    early.rename("Early");
    await orders.update(early);
    const past = await orders.findById(id, { asOf: at(90) });
    expect([past.state.customer, past.lines.get(pen).state.quantity]).toEqual(["Countess", 7]);
    const now = await orders.findById(id, { asOf: at(100) });
    expect([now.state.customer, now.lines.get(pen).state.quantity]).toEqual(["Early", 8]);
  },

  "has the kinds that were asked for, and is not written": async (bench) => {
    const { orders, Line, id, pen, ink, moments } = await lived(bench);
    const asOf = { position: moments[1]?.position ?? 0 };
    const bare = await orders.findById(id, { asOf, children: false });
    expect(() => bare.lines).toThrow("left out");
    const lines = await orders.findById(id, { asOf, children: ["lines"] });
    expect(lines.lines.size).toBe(2);
    expect(() => lines.notes).toThrow("left out");
    const where = { lines: { where: { sku: "pen" } } } as const;
    await thrownBy(orders.findById(id, { asOf, children: where }), InvalidArgumentError);
    const wrong = { position: -1 };
    await thrownBy(orders.findById(id, { asOf: wrong }), InvalidArgumentError);
    expect(lines.attempt.removeLine(ink).outcome).toBe("executed");
    await thrownBy(orders.update(lines), EntityUnusableError);
    // A child with children has a past of its own.
    const own = createStoreRepository(Line, bench.store);
    const line = await own.findById(pen, { asOf });
    expect(line.remarks.list.map(({ state }) => state.text)).toEqual(["fine"]);
  },

  "is read back with its personal values": async (bench) => {
    const { Family } = await bench.defineAll(defineFamily("crypto-shredding"));
    const families = createStoreRepository(Family, bench.store, { keys: countedKeys() });
    const { id } = await families.create({ street: "Main", members: ["Ada"] });
    const { items } = await families.treeHistory(id);
    const family = await families.findById(id);
    family.welcome("Bob");
    await families.update(family);
    const past = await families.findById(id, { asOf: { position: items.at(-1)?.position ?? 0 } });
    expect(past.members.list.map(({ state }) => state.name)).toEqual(["Ada"]);
  },
});
