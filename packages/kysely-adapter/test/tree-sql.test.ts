import type { Visibility } from "@annals/core/adapter";
import { describe, expect, it } from "vitest";
import { entityTablesSql } from "../src/index.ts";
import { appendedEvents } from "../src/statements/appended-events.ts";
import { Parameters } from "../src/statements/condition.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { findEntity } from "../src/statements/find-entity.ts";
import { holdEntities } from "../src/statements/hold-entities.ts";
import { recallRequest } from "../src/statements/idempotency-key.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadChosen, loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { loadPastTree } from "../src/statements/load-past-tree.ts";
import { queriedEntities } from "../src/statements/queried-entities.ts";
import { readTopic } from "../src/statements/read-topic.ts";
import { touchTree, touchTrees } from "../src/statements/touch-trees.ts";
import { withConditions } from "../src/statements/tree-columns.ts";
import { treeHistory, treeHistoryText } from "../src/statements/tree-history.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { Cart, Item } from "./database/cart.ts";

// What was reviewed of the SQL for trees. `vitest -u` writes it again.

const carts = entityTableNames(Cart.plan, "app");
const items = entityTableNames(Item.plan, "app");
const [bySku] = Item.plan.uniques;

const someItems: Visibility = {
  kinds: ["items"],
  childrenWhere: { items: { kind: "compare", column: "sku", operator: "=", value: "pen" } },
};

const append = { creates: false, one: true, restoresBound: false } as const;

const statements: Readonly<Record<string, { readonly sql: string }>> = {
  "load one": loadEntity(carts),
  "load one without children": loadEntity(carts, { kinds: [] }),
  "load one with items alone": loadEntity(carts, { kinds: ["items"] }),
  "load one, removed children too": loadEntity(carts, { includeDeleted: true }),
  "load one with some items": {
    sql: loadChosen(carts, withConditions(carts, someItems, new Parameters([["id"]]))),
  },
  "load one as of a version": loadPastTree(carts, "version"),
  "load one as of a position": loadPastTree(carts, "position", { kinds: ["items"] }),
  "load one as of a time": loadPastTree(carts, "time"),
  "load many": loadEntities(carts),
  list: listEntities(carts, {
    where: { kind: "all", of: [] },
    orderBy: "owner",
    direction: "asc",
    after: undefined,
    before: undefined,
    take: "first",
    limit: 51,
  }),
  "a query of the user's own": { sql: queriedEntities(carts, "select id from carts limit 5") },
  "find a child": findEntity(items, bySku as never),
  "the history of a tree": treeHistory(carts, "asc"),
  "the history of a tree, backwards, with items alone": treeHistory(carts, "desc", {
    kinds: ["items"],
  }),
  "the history of a tree with some items": {
    sql: treeHistoryText(
      carts,
      "asc",
      withConditions(carts, someItems, new Parameters(["id", 0, 1, 51])),
    ),
  },
  "the history of a child and what is below it": treeHistory(items, "asc"),
  "events of a parent and its children": readTopic("app", [Cart.plan, Item.plan]),
  "events of a child that were just appended": appendedEvents("app", Item.plan),
  "an earlier request": recallRequest(carts),
  append: writeEntity(carts, append),
  "append in a transaction": writeEntity(carts, { ...append, restoresBound: true }),
  "append with a key": writeEntity(carts, { ...append, keyed: true }),
  "change children alone": touchTree(carts, { raises: true, keyed: false }),
  "change children alone, with a key": touchTree(carts, { raises: true, keyed: true }),
  "take a key alone": touchTree(carts, { raises: false, keyed: true }),
  hold: holdEntities(carts),
  "change many trees": touchTrees(carts),
};

describe("generated SQL for trees", () => {
  it("creates the tables of a parent and of a child", async () => {
    const text = `${entityTablesSql(Cart, { schema: "app" })}\n${entityTablesSql(Item, { schema: "app" })}`;
    await expect(text).toMatchFileSnapshot("./generated/cart-tables.sql");
  });

  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(statements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/cart-statements.sql");
  });
});
