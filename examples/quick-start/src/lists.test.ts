import { createStoreRepository, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { activeNames, conditions, thereAndBack, usersConnection } from "./lists.ts";
import { User } from "./user.ts";

it("lists as the guide shows", async () => {
  const users = createStoreRepository(User, new MemoryStore());
  for (let n = 10; n < 35; n += 1) {
    await users.create({ email: `u${n}@example.com`, name: `User ${n}` });
  }
  const test = await users.create({ email: "test@example.com", name: "Test" });
  test.suspend("a test");
  await users.update(test);

  expect((await thereAndBack(users)).items[0]?.state.name).toBe("Test");
  expect(await activeNames(users)).toHaveLength(25);
  const { suspended, atExample, someone } = await conditions(users);
  expect(suspended.items.map(({ id }) => id)).toEqual([test.id]);
  expect([atExample, someone]).toEqual([26, false]);
  expect((await usersConnection(users)).edges).toHaveLength(20);
});
