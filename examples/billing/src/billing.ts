import { DuplicateValueError, type EntityOf, type KeyProvider } from "@annals/core";
import { createErasure, createRepository } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { Customer } from "./customer.ts";
import { type Database, definitions } from "./database.ts";
import { Invoice } from "./invoice.ts";
import { Subscription } from "./subscription.ts";

/** Everything that billing does, for one process. */
export const openBilling = (db: Kysely<Database>, keys: KeyProvider) => ({
  customers: createRepository(Customer, { db, keys }),
  subscriptions: createRepository(Subscription, { db }),
  invoices: createRepository(Invoice, { db, keys }),
  erasure: createErasure(db, { definitions, keys }),
});

export type Billing = ReturnType<typeof openBilling>;

/** The repositories as one tenant sees them. */
export const forTenant = ({ customers, subscriptions, invoices }: Billing, tenantId: string) => ({
  customers: customers.scoped({ tenantId }),
  subscriptions: subscriptions.scoped({ tenantId }),
  invoices: invoices.scoped({ tenantId }),
});

export type TenantBilling = ReturnType<typeof forTenant>;

/**
 * Issues one invoice for every active monthly subscription. A run that was cut short is finished by the next
 * one, and runs at the same time issue nothing twice: the number is unique, and issuing again does nothing.
 *
 * @returns how many this run issued.
 */
export const billMonth = async (tenant: TenantBilling, month: string): Promise<number> => {
  let issued = 0;
  for await (const subscription of tenant.subscriptions.each({ where: { status: "active" } })) {
    if (subscription.state.interval !== "month") continue;
    const { id } = await openInvoice(tenant, subscription, month);
    const { result } = await tenant.invoices.transact(id, (invoice) => invoice.issue());
    if (result === "executed") issued += 1;
  }
  return issued;
};

/** The invoice of a subscription for a month, opened unless it is there already. */
const openInvoice = async (
  { customers, invoices }: TenantBilling,
  { id, state }: EntityOf<typeof Subscription>,
  month: string,
): Promise<EntityOf<typeof Invoice>> => {
  const number = `${month}-${id.slice(-12)}`;
  const { name: billedTo } = (await customers.findById(state.customerId)).state;
  const { cents, currency } = state.price;
  const lines = [{ description: `${state.plan}, ${month}`, quantity: 1, cents }];
  try {
    const { customerId } = state;
    return await invoices.create({ number, customerId, billedTo, currency, lines });
  } catch (error) {
    if (error instanceof DuplicateValueError) return invoices.findByNumber(number);
    throw error;
  }
};
