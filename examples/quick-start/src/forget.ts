import { isForgotten, type KeyProvider } from "@annals/core";
import { createErasure, createProjection, createRepository } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { Customer, Invoice } from "./customer.ts";

export interface CustomerTables {
  customer_list: { id: string; plan: string; name: string | null };
}

// #region forget
export const forgetCustomer = async (db: Kysely<CustomerTables>, keys: KeyProvider, id: string) => {
  const erasure = createErasure(db, { definitions: [Customer, Invoice], keys });
  const subject = { kind: "customer", id };
  const receipt = await erasure.forget(subject, { reason: "request 2031" });
  const { isForgotten, remnants } = await erasure.verifyForgotten(subject, {
    values: ["ada@example.com"],
  });
  return { receipt, isForgotten, remnants };
};
// #endregion

// #region read
export const greeting = async (db: Kysely<CustomerTables>, keys: KeyProvider, id: string) => {
  const customers = createRepository(Customer, { db, keys });
  const { name } = (await customers.findById(id)).state;
  return isForgotten(name) ? "Hello" : `Hello ${name}`;
};
// #endregion

// #region project
export const customerList = (db: Kysely<CustomerTables>, keys: KeyProvider) =>
  createProjection(db, {
    name: "customer-list",
    topics: [Customer],
    tables: ["customer_list"],
    keys,
    personal: { customer_list: { topic: "customer", id: "id", columns: ["name"] } },
    on: {
      CustomerRegistered: async ({ name, plan }, { tx, entityId: id }) => {
        const row = { id, plan, name: isForgotten(name) ? null : name };
        await tx.insertInto("customer_list").values(row).execute();
      },
    },
  });
// #endregion

// #region rotate
export const changeWrappingKey = (db: Kysely<CustomerTables>, keys: KeyProvider) =>
  createErasure(db, { definitions: [Customer, Invoice], keys }).rotateKeys();
// #endregion
