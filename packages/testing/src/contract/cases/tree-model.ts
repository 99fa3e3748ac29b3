import { DuplicateValueError, type EntityOf, type Repository } from "@annals/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { type defineOrder, QUANTITY_MAX } from "../entities/order.ts";
import { openOrders, shown } from "./trees.ts";

type Order = ReturnType<typeof defineOrder>["Order"];
type Orders = Repository<Order, OpaqueTx>;

/** What a plain value knows of one line, removed or not. */
interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly version: number;
  readonly isRemoved: boolean;
  readonly remarks: readonly string[];
}

interface Tree {
  readonly customer: string;
  readonly version: number;
  readonly lines: readonly Line[];
  readonly notes: readonly string[];
}

const SKUS = ["pen", "ink", "paper", "glue"];
const DEEDS = ["rename", "add", "count", "remove", "restore", "remark", "note", "replace"] as const;

interface Deed {
  readonly do: (typeof DEEDS)[number];
  readonly at: number;
  readonly sku: string;
  readonly quantity: number;
}

interface Step {
  readonly tree: number;
  readonly deeds: readonly Deed[];
  readonly end: "update" | "updateAll" | "rollBack";
}

const step: fc.Arbitrary<Step> = fc.record({
  tree: fc.nat({ max: 1 }),
  end: fc.constantFrom("update", "update", "updateAll", "rollBack"),
  deeds: fc.array(
    fc.record({
      do: fc.constantFrom(...DEEDS),
      at: fc.nat({ max: 5 }),
      sku: fc.constantFrom(...SKUS),
      quantity: fc.integer({ min: 1, max: 60 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

const sum = (lines: readonly Line[]): number =>
  lines.reduce((all, { quantity, isRemoved }) => all + (isRemoved ? 0 : quantity), 0);

const added = (sku: string, quantity: number): Line => ({
  sku,
  quantity,
  version: 1,
  isRemoved: false,
  remarks: [],
});

/** What a deed makes of a tree; the tree itself where it is refused or changes nothing. */
const after = (tree: Tree, deed: Deed): Tree => {
  const { lines } = tree;
  const at = deed.at % Math.max(lines.length, 1);
  const line = lines[at];
  const changed = (change: Partial<Line>): Tree =>
    line === undefined
      ? tree
      : { ...tree, lines: lines.with(at, { ...line, version: line.version + 1, ...change }) };
  const within = (next: Tree): Tree => (sum(next.lines) > QUANTITY_MAX ? tree : next);
  switch (deed.do) {
    case "rename":
      return { ...tree, customer: deed.sku, version: tree.version + 1 };
    case "note":
      return { ...tree, notes: [...tree.notes, deed.sku] };
    case "add":
      return within({ ...tree, lines: [...lines, added(deed.sku, deed.quantity)] });
    case "restore":
      return line?.isRemoved ? changed({ isRemoved: false }) : tree;
    default:
      if (line === undefined || line.isRemoved) return tree;
  }
  switch (deed.do) {
    case "count":
      return deed.quantity > 50 || deed.quantity === line.quantity
        ? tree
        : within(changed({ quantity: deed.quantity }));
    case "remove":
      return changed({ isRemoved: true });
    case "remark":
      return { ...tree, lines: lines.with(at, { ...line, remarks: [...line.remarks, deed.sku] }) };
    case "replace": {
      const removed = changed({ isRemoved: true });
      return { ...removed, lines: [...removed.lines, added(line.sku, deed.quantity)] };
    }
  }
};

/** Does the deed on the entity, whose lines come in the order of the plain ones. */
const perform = (order: EntityOf<Order>, ids: readonly string[], deed: Deed): void => {
  const id = ids[deed.at % Math.max(ids.length, 1)] ?? "";
  const line = order.lines.maybeGet(id);
  switch (deed.do) {
    case "rename":
      return void order.rename(deed.sku);
    case "note":
      return void order.note(deed.sku);
    case "add":
      return void order.attempt.addLine({ sku: deed.sku, quantity: deed.quantity });
    case "restore":
      return void (ids.length > 0 && order.restoreLine(id));
    default:
      if (line === undefined) return;
  }
  switch (deed.do) {
    case "count":
      return void order.attempt.changeQuantity(id, deed.quantity);
    case "remove":
      return void order.removeLine(id);
    case "remark":
      return void order.remark(id, deed.sku);
    case "replace":
      return void order.replace(id, deed.quantity);
  }
};

const repeats = ({ lines }: Tree): boolean => {
  const live = lines.filter(({ isRemoved }) => !isRemoved).map(({ sku }) => sku);
  return new Set(live).size < live.length;
};

const visible = ({ lines, ...tree }: Tree) => ({
  ...tree,
  isPlaced: false,
  lines: lines
    .filter(({ isRemoved }) => !isRemoved)
    .map(({ isRemoved: _isRemoved, ...line }) => line),
});

class RollBack extends Error {}

const write = async (
  orders: Orders,
  order: EntityOf<Order>,
  { end }: Step,
  transaction: (work: (tx: OpaqueTx) => Promise<void>) => Promise<void>,
): Promise<void> => {
  if (end === "updateAll") await orders.updateAll([order]);
  if (end === "update") await orders.update(order);
  if (end !== "rollBack") return;
  const before = shown(order);
  const rolledBack = transaction(async (tx) => {
    await orders.update(order, { tx });
    throw new RollBack();
  });
  await rolledBack.catch((error: unknown) => {
    if (!(error instanceof RollBack)) throw error;
  });
  expect(shown(order)).toEqual(before);
  await orders.update(order);
};

/** Where every line of the tree stands, removed ones among them. */
const idsOf = (order: EntityOf<Order>, known: readonly string[]): readonly string[] => [
  ...known,
  ...order.lines.list.map(({ id }) => id).filter((id) => !known.includes(id)),
];

export const treeModel = contractGroup("trees as a whole", {
  "any sequence of decisions leaves what a plain value would be": async (bench) => {
    const { orders } = await openOrders(bench);
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const roots = await orders.createAll([{ customer: "Ada" }, { customer: "Bea" }]);
      const trees = roots.map(({ id, state }) => ({
        id,
        lines: [] as readonly string[],
        tree: { customer: state.customer, version: 1, lines: [], notes: [] } as Tree,
      }));
      for (const one of steps) {
        const place = trees[one.tree];
        if (place === undefined) continue;
        const order = await orders.findById(place.id, { includeDeleted: true });
        let { tree, lines } = place;
        for (const deed of one.deeds) {
          perform(order, lines, deed);
          tree = after(tree, deed);
          lines = idsOf(order, lines);
        }
        const writing = write(orders, order, one, (work) => bench.transaction(work));
        if (repeats(tree)) await expect(writing).rejects.toThrow(DuplicateValueError);
        else {
          await writing;
          Object.assign(place, { tree, lines });
        }
        expect(shown(await orders.findById(place.id))).toEqual(visible(place.tree));
      }
      const all = await orders.findAll(trees.map(({ id }) => id));
      for (const { id, tree } of trees) expect(shown(all.get(id))).toEqual(visible(tree));
    });
    await fc.assert(property, { numRuns: 25 });
  },
});
