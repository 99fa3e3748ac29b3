import { isForgotten, type KeyProvider } from "@annals/core";
import { createErasure, createRepository } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { Customer, Invoice } from "./customer.ts";

// #region forget
export const forgetCustomer = async (db: Kysely<unknown>, keys: KeyProvider, id: string) => {
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
export const greeting = async (db: Kysely<unknown>, keys: KeyProvider, id: string) => {
  const customers = createRepository(Customer, { db, keys });
  const { name } = (await customers.findById(id)).state;
  return isForgotten(name) ? "Hello" : `Hello ${name}`;
};
// #endregion

// #region rotate
export const changeWrappingKey = (db: Kysely<unknown>, keys: KeyProvider) =>
  createErasure(db, { definitions: [Customer, Invoice], keys }).rotateKeys();
// #endregion
