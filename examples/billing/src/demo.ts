import { readFile } from "node:fs/promises";
import { isForgotten, type KeyProvider } from "@annals/core";
import { importHistories, verify } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { type Billing, billMonth, forTenant, openBilling, type TenantBilling } from "./billing.ts";
import { type Database, definitions } from "./database.ts";
import { formatPrice } from "./money.ts";
import { revenueConsumer } from "./revenue.ts";
import { Subscription } from "./subscription.ts";

const LEGACY = new URL("../data/subscriptions.jsonl", import.meta.url);
/** Whom the old system's subscriptions belong to. */
const LEGACY_CUSTOMER = "0192f0c1-0000-7000-8000-000000000001";

const NAME = "Ada Lovelace";

/** A month of two tenants: what was taken over, what is billed and paid, and somebody who is forgotten. */
export const runDemo = async (
  db: Kysely<Database>,
  keys: KeyProvider,
  say: (line: string) => void,
): Promise<void> => {
  const billing = openBilling(db, keys);
  const [acme, globex] = [forTenant(billing, "acme"), forTenant(billing, "globex")];

  const ada = { email: "ada@example.com", name: NAME };
  const grace = { email: "Grace@example.com", name: "Grace Hopper" };
  const moved = await acme.customers.create(ada);
  const { imported } = await importHistories(db, [Subscription], await legacyLines(moved.id));
  say(`${imported} subscriptions of acme taken over, stored in versions 1 and 2`);
  // The same address is another customer for another tenant.
  for (const person of [ada, grace]) {
    const customer = await globex.customers.create(person);
    await globex.subscriptions.create({
      customerId: customer.id,
      plan: "team",
      price: { cents: 4_900, currency: "USD" },
      interval: "month",
    });
  }

  for (const [name, tenant] of Object.entries({ acme, globex })) {
    const issued = await billMonth(tenant, "2026-01");
    const again = await billMonth(tenant, "2026-01");
    say(`${name}: ${issued} invoices issued, ${again} by a second run`);
  }
  await pay(globex);
  await pay(acme);
  await revenueConsumer(db, keys).catchUp();
  for (const { tenant_id, month, currency, cents } of await revenue(db)) {
    say(
      `${tenant_id} earned ${formatPrice({ cents: Number(cents), currency: currency as "EUR" })} in ${month}`,
    );
  }

  await forgetCustomer(billing, acme, say);
  for (const definition of definitions) {
    const { checked, differing } = await verify(db, definition, { keys });
    say(`${definition.name}: ${checked} index rows, ${differing} unlike their events`);
  }
};

const legacyLines = async (customerId: string): Promise<readonly string[]> => {
  const text = await readFile(LEGACY, "utf8");
  return text.trimEnd().replaceAll(LEGACY_CUSTOMER, customerId).split("\n");
};

const pay = async ({ invoices }: TenantBilling): Promise<void> => {
  const { items } = await invoices.list({ where: { status: "issued" } });
  for (const { id, state } of items) {
    await invoices.transact(id, (invoice) => invoice.pay(state.totalCents ?? 0));
  }
};

const revenue = (db: Kysely<Database>) =>
  db.selectFrom("revenue").selectAll().orderBy("tenant_id").execute();

const forgetCustomer = async (
  { erasure }: Billing,
  { customers, invoices }: TenantBilling,
  say: (line: string) => void,
): Promise<void> => {
  const { id } = await customers.findByEmail("ADA@example.com");
  const subject = { kind: "customer", id };
  const { entities } = await erasure.forget(subject, { reason: "asked to by letter" });
  const customer = await customers.findById(id);
  const { items } = await invoices.list({ where: { customerId: id } });
  const named = items.filter(({ state }) => !isForgotten(state.billedTo));
  const { isForgotten: isGone } = await erasure.verifyForgotten(subject, { values: [NAME] });
  const left = isGone ? "nothing left" : "something left";
  say(
    `forgotten: ${isForgotten(customer.state.name)}, in ${entities} entities; ${left} of the customer`,
  );
  say(`${items.length} invoices stay paid, ${named.length} still name the customer`);
};
