import type { Visibility } from "@annals/core/adapter";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Statement, unprepared } from "../src/connection/statement.ts";
import { Parameters } from "../src/statements/condition.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadChosen, loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { loadPastTree } from "../src/statements/load-past-tree.ts";
import { queriedEntities } from "../src/statements/queried-entities.ts";
import { touchTree, touchTrees } from "../src/statements/touch-trees.ts";
import { withConditions } from "../src/statements/tree-columns.ts";
import { treeHistory } from "../src/statements/tree-history.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { Cart, cartFamily } from "./database/cart.ts";
import { genericPlan } from "./database/generic-plan.ts";
import { migrate, openDatabase } from "./database/open.ts";

// The children of a tree are found by the index on the reference to their parent, whatever reads them.

const database = await testDatabase({
  name: "carts-planned",
  migrate: (connectionString) => migrate(connectionString, cartFamily),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());

beforeAll(async () => {
  const fill = async (
    table: string,
    child: string,
    each: number,
    columns: string,
    values: string,
  ) => {
    const events = child.replace(/s$/, "_events");
    const event = '{"type": "Made"}';
    await sql.raw(`alter table ${events} disable trigger user`).execute(db);
    await sql.raw(`alter table ${events} drop constraint ${events}_event_type_check`).execute(db);
    await sql
      .raw(
        `with w as (insert into ${child} (id, created_at, version, ${columns})
        select gen_random_uuid(), now() - random() * interval '1 day', 1, ${values} from ${table} p, generate_series(1, ${each}) n returning id)
        insert into ${events} (id, sequence, event_type, event, recorded_at)
        select id, 1, 'Made', '${event}', now() from w`,
      )
      .execute(db);
  };
  await fill("generate_series(1, 3000)", "carts", 1, "owner", "'owner ' || p");
  await fill("carts", "items", 5, "cart_id, sku", "p.id, 'sku ' || n");
  await fill("carts", "remarks", 3, "cart_id", "p.id");
  await fill("items", "tags", 1, "item_id", "p.id");
  await sql`update items set deleted_at = now() where sku = 'sku 1'`.execute(db);
  await sql`analyze carts, items, remarks, tags, cart_events, item_events, remark_events, tag_events`.execute(
    db,
  );
});

const tables = entityTableNames(Cart.plan, "public");
const CHILDREN = [
  "items_cart_id_idx",
  "item_events_id_sequence_key",
  "tags_item_id_idx",
  "tag_events_id_sequence_key",
  "remarks_cart_id_idx",
  "remark_events_id_sequence_key",
];

/** Also what is removed. */
const HISTORY = ["cart_events_id_sequence_key", "items_cart_id_idx_deleted", ...CHILDREN];

const someItems: Visibility = {
  kinds: ["items"],
  childrenWhere: { items: { kind: "compare", column: "sku", operator: "=", value: "sku 2" } },
};

const page = listEntities(tables, {
  where: { kind: "all", of: [] },
  orderBy: "owner",
  direction: "asc",
  after: undefined,
  before: undefined,
  take: "first",
  limit: 51,
});

describe("the plan of", () => {
  it.each<[string, Pick<Statement, "sql">, readonly string[]]>([
    ["loading one", loadEntity(tables), ["carts_pkey", ...CHILDREN]],
    [
      "loading one with some items",
      { sql: loadChosen(tables, withConditions(tables, someItems, new Parameters([[]]))) },
      ["carts_pkey", "items_cart_id_", "item_events_id_sequence_key"],
    ],
    ["loading many", loadEntities(tables), ["carts_pkey", ...CHILDREN]],
    [
      "loading one with what is removed",
      loadEntity(tables, { includeDeleted: true }),
      ["carts_pkey", "items_cart_id_idx", "items_cart_id_idx_deleted"],
    ],
    ["a page", unprepared("list", page.sql), ["carts_owner_idx", ...CHILDREN]],
    [
      "a query",
      { sql: queriedEntities(tables, "select id from carts order by owner limit 5") },
      CHILDREN,
    ],
    ["loading one as of a version", loadPastTree(tables, "version"), HISTORY],
    ["loading one as of a position", loadPastTree(tables, "position"), HISTORY],
    ["loading one as of a time", loadPastTree(tables, "time"), HISTORY],
    ["the history of a tree", treeHistory(tables, "asc"), ["carts_pkey", ...HISTORY]],
    ["the history of a tree, backwards", treeHistory(tables, "desc"), ["carts_pkey", ...HISTORY]],
    [
      "a write of children alone",
      touchTree(tables, { raises: true, keyed: false }),
      ["carts_pkey"],
    ],
    ["a write of many trees", touchTrees(tables), ["carts_pkey"]],
    [
      "an append",
      writeEntity(tables, { creates: false, one: true, restoresBound: false }),
      ["carts_pkey"],
    ],
  ])("%s uses its indexes, and reads no table as a whole", async (_, statement, indexes) => {
    const plan = await genericPlan(db, statement);
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (carts|items|remarks|tags|\w+_events)/);
  });
});
