import {
  ConcurrentModificationError,
  EntityNotFoundError,
  localKeys,
  newLocalKey,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { billMonth, forTenant, openBilling } from "../src/billing.ts";
import { connect, migrate } from "../src/database.ts";
import { runDemo } from "../src/demo.ts";
import { revenueConsumer } from "../src/revenue.ts";

const shown = await testDatabase();
const database = await testDatabase();
const keys = localKeys({ current: "test", keys: { test: newLocalKey() } });

test("the demo takes over, bills, is paid, forgets, and everything still adds up", async () => {
  const db = connect(shown.connectionString);
  const lines: string[] = [];
  try {
    await migrate(db);
    await runDemo(db, keys, (line) => lines.push(line));
  } finally {
    await db.destroy();
  }
  expect(lines.map((line) => line.replace(/\d{4}-\d\d$/, "MONTH"))).toEqual([
    "4 subscriptions of acme taken over, stored in versions 1 and 2",
    "acme: 3 invoices issued, 0 by a second run",
    "globex: 2 invoices issued, 0 by a second run",
    "acme earned 63.50 EUR in MONTH",
    "globex earned 98.00 USD in MONTH",
    "forgotten: true, in 4 entities; nothing left of the customer",
    "3 invoices stay paid, 0 still name the customer",
    "customer: 3 index rows, 0 unlike their events",
    "subscription: 6 index rows, 0 unlike their events",
    "invoice: 5 index rows, 0 unlike their events",
    "invoiceLine: 5 index rows, 0 unlike their events",
  ]);
});

describe("billing", () => {
  const db = connect(database.connectionString);
  const billing = openBilling(db, keys);
  const [acme, globex] = [forTenant(billing, "acme"), forTenant(billing, "globex")];
  beforeAll(() => migrate(db));
  afterAll(() => db.destroy());

  let customers = 0;
  const subscribe = async (tenant: typeof acme) => {
    customers += 1;
    const input = { email: `c${customers}@example.com`, name: "Somebody" };
    const { id: customerId } = await tenant.customers.create(input);
    await tenant.subscriptions.create({
      ...{ customerId, plan: "basic", interval: "month" },
      price: { cents: 1_000, currency: "EUR" },
    });
    return customerId;
  };

  const openInvoice = async (number: string, lines = 1) => {
    const customerId = await subscribe(acme);
    const line = { description: "a", quantity: 1, cents: 100 };
    return acme.invoices.create({
      ...{ number, customerId, billedTo: "Somebody", currency: "EUR" },
      lines: Array.from({ length: lines }, () => line),
    });
  };

  test("runs at the same time issue every invoice once", async () => {
    for (let count = 0; count < 5; count += 1) await subscribe(globex);
    const runs = Array.from({ length: 4 }, () => billMonth(globex, "2026-02"));
    const issued = await Promise.all(runs);
    expect(issued.reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(await globex.invoices.count({ where: { status: "issued" } })).toBe(5);
  });

  test("a tenant finds nothing of another", async () => {
    const invoice = await openInvoice("X-1");
    await expect(globex.invoices.findById(invoice.id)).rejects.toThrow(EntityNotFoundError);
    expect(await globex.invoices.maybeFindByNumber("X-1")).toBeUndefined();
    expect((await acme.invoices.findByNumber("X-1")).id).toBe(invoice.id);
  });

  test("a line cannot be changed while the invoice is issued", async () => {
    const { id } = await openInvoice("X-2", 2);
    const [one, other] = [await acme.invoices.findById(id), await acme.invoices.findById(id)];
    one.issue();
    other.changeQuantity(other.lines.list[0]?.id ?? "", 5);
    await acme.invoices.update(one);
    await expect(acme.invoices.update(other)).rejects.toThrow(ConcurrentModificationError);
    const issued = await acme.invoices.findById(id);
    expect(issued.state.totalCents).toBe(200);
    expect(issued.attempt.changeQuantity(issued.lines.list[0]?.id ?? "", 5)).toMatchObject({
      outcome: "rejected",
      code: "issued",
    });
  });

  test("payments are counted once, also when the consumer begins again", async () => {
    const { id } = await openInvoice("X-3", 3);
    await acme.invoices.transact(id, (invoice) => invoice.issue());
    await acme.invoices.transact(id, (invoice) => invoice.pay(300));
    for (let run = 0; run < 2; run += 1) await revenueConsumer(db, keys).catchUp();
    const rows = await db
      .selectFrom("revenue")
      .selectAll()
      .where("tenant_id", "=", "acme")
      .execute();
    expect(rows.map(({ cents }) => Number(cents))).toEqual([300]);
  });
});
