import { createStoreRepository, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { importUsers, suspendAll, swapEmails } from "./batches.ts";
import { Order, OrderId, place } from "./order.ts";
import { User } from "./user.ts";

const row = (name: string) => ({ email: `${name}@example.com`, name });

it("writes many as the guide shows", async () => {
  const users = createStoreRepository(User, new MemoryStore());
  const [a, b] = await importUsers(users, [row("a"), row("b"), row("c")]);
  await expect(importUsers(users, [row("d"), row("a")])).rejects.toThrow("Row 1");
  expect(await users.count()).toBe(3);
  expect(await swapEmails(users, a as never, b as never)).toBe(2);
  expect((await users.findByEmail("a@example.com")).state.name).toBe("b");
  expect(await suspendAll(users, ["a@example.com", "c@example.com", "z@example.com"])).toBe(2);
});

it("creates or finds as the guide shows", async () => {
  const orders = createStoreRepository(Order, new MemoryStore());
  const id = OrderId.parse(crypto.randomUUID());
  const input = { shop: "a", number: 1, customerId: crypto.randomUUID(), cents: 100n };
  expect(await place(orders, id, input)).toBe("placed");
  expect(await place(orders, id, input)).toBe("placed before, at version 1");
});
