import { createStoreRepository, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { moveEmail, suspend } from "./transact.ts";
import { User } from "./user.ts";

it("decides as the guide shows", async () => {
  const users = createStoreRepository(User, new MemoryStore());
  const { id } = await users.create({ email: "a@example.com", name: "A" });
  await moveEmail(users, "a@example.com", "b@example.com");
  expect(await suspend(users, id)).toBe("suspended at version 3");
  expect(await suspend(users, id)).toBe("nothing to do");
  await expect(moveEmail(users, "b@example.com", "c@example.com")).rejects.toMatchObject({
    reason: "suspended",
  });
});
