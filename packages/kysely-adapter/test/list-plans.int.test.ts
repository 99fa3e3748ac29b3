import type { ListedEntity, ListQuery } from "@annals/core/adapter";
import { testDatabase } from "@annals/testing/vitest";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kyselyStore } from "../src/index.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { insertTickets, Ticket } from "./database/ticket.ts";

// A page costs the same wherever it lies: as many pages of the database are touched for the last as for
// the first. What grew with the place would show here, in every order, long before a million entities.

const COUNT = 30_000;
const LIMIT = 26;

const { connectionString } = await testDatabase({
  name: "ticket",
  migrate: (url) => migrate(url, [Ticket]),
});
const db = openDatabase(connectionString);
const client = new pg.Client(connectionString);
await client.connect();
const tickets = kyselyStore(db).entity(Ticket.plan);
const tables = entityTableNames(Ticket.plan, "public");
beforeAll(() => insertTickets(db, COUNT));
afterAll(async () => {
  await client.end();
  await db.destroy();
});

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly Plan[];
}

type Order = Pick<ListQuery, "where" | "orderBy" | "direction">;

const list = (order: Order, more: Partial<ListQuery> = {}): ListQuery => ({
  ...order,
  after: undefined,
  before: undefined,
  take: "first",
  limit: LIMIT,
  ...more,
});

/** The plan as it ran: with the parameters' values, or the one that serves all of them. */
const ran = async (query: ListQuery, mode: "force_custom_plan" | "force_generic_plan") => {
  const { sql, parameters } = listEntities(tables, query);
  await client.query(`set plan_cache_mode = ${mode}`);
  const { rows } = await client.query(`explain (analyze, buffers, format json) ${sql}`, [
    ...parameters,
  ]);
  return rows[0]["QUERY PLAN"][0].Plan as Plan;
};

const buffers = (plan: Plan): number => plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];

/** How many index rows were read to cut the page, those included that did not fit. */
const readRows = (plan: Plan): number =>
  plan["Relation Name"] === "tickets"
    ? plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)
    : Math.max(0, ...(plan.Plans ?? []).map(readRows));

const wholeScans = (plan: Plan): string[] => [
  ...(plan["Node Type"] === "Seq Scan" ? [plan["Relation Name"] ?? ""] : []),
  ...(plan.Plans ?? []).flatMap(wholeScans),
];

const placeAt = async (order: Order, at: number) => {
  const rows = await tickets.list(list(order, { limit: at }), undefined);
  return (rows.at(-1) as ListedEntity).position;
};

/** Pages at the beginning, in the middle and at the end, from either side. */
const pagesOf = async (order: Order, count: number): Promise<Record<string, ListQuery>> => {
  const middle = await placeAt(order, count / 2);
  const late = await placeAt(order, count - LIMIT);
  return {
    first: list(order),
    second: list(order, { after: await placeAt(order, LIMIT) }),
    middle: list(order, { after: middle }),
    last: list(order, { after: late }),
    "the last, from the end": list(order, { take: "last" }),
    "before the middle": list(order, { take: "last", before: middle }),
    "before the last": list(order, { take: "last", before: late }),
  };
};

const every = { kind: "all", of: [] } as const;
const open = { kind: "compare", column: "status", operator: "=", value: "open" } as const;
const odd = { ...open, value: "odd" } as const;
const noted = { kind: "not", of: { kind: "absent", column: "note" } } as const;

const orders: [string, Order, number][] = [];
for (const direction of ["asc", "desc"] as const) {
  for (const orderBy of ["createdAt", "id", "rank", "code", "note", "alias"]) {
    orders.push([`${orderBy} ${direction}`, { where: every, orderBy, direction }, COUNT]);
  }
  const open_ = { where: open, direction };
  orders.push([`createdAt ${direction}, half of them`, { ...open_, orderBy: "createdAt" }, 14_970]);
  orders.push([
    `note ${direction}, those with one`,
    { where: noted, orderBy: "note", direction },
    15_000,
  ]);
}

describe.each(["force_custom_plan", "force_generic_plan"] as const)("with %s", (mode) => {
  it.each(orders)("every page by %s touches as much as the first", async (_, order, count) => {
    const touched: Record<string, number> = {};
    for (const [name, query] of Object.entries(await pagesOf(order, count))) {
      const plan = await ran(query, mode);
      expect(wholeScans(plan), name).toEqual([]);
      touched[name] = buffers(plan);
    }
    // Four pages of the events and their index for each entity, and the index rows themselves.
    expect(Math.max(...Object.values(touched)), JSON.stringify(touched)).toBeLessThan(14 * LIMIT);
  });

  it("an index of one's own makes a condition that some fulfil as cheap", async () => {
    await client.query("create index by_rank on tickets (rank, created_at, id)");
    const some = { kind: "compare", column: "rank", operator: "=", value: 7 } as const;
    const order = { where: some, orderBy: "createdAt", direction: "asc" } as const;
    try {
      for (const [name, query] of Object.entries(await pagesOf(order, 300))) {
        const plan = await ran(query, mode);
        expect(JSON.stringify(plan), name).toContain('"Index Name":"by_rank"');
        // PostgreSQL 15 counts the rows of a page one row ahead.
        expect(readRows(plan), name).toBeLessThanOrEqual(LIMIT + 1);
      }
    } finally {
      await client.query("drop index by_rank");
    }
  });

  it("few among many are found by what they have in common", async () => {
    const plan = await ran(list({ where: odd, orderBy: "createdAt", direction: "asc" }), mode);
    expect(wholeScans(plan)).toEqual([]);
  });
});
