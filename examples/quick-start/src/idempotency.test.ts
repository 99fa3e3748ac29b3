import { createStoreRepository, isReplayed, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { changeEmail, register, suspend } from "./idempotency.ts";
import { User } from "./user.ts";

const post = (key: string | undefined, body: object) =>
  new Request("http://localhost/users", {
    method: "POST",
    body: JSON.stringify(body),
    headers: key === undefined ? {} : { "Idempotency-Key": key },
  });

it("answers a request once, as the guide shows", async () => {
  const users = createStoreRepository(User, new MemoryStore());
  const ada = { email: "ada@example.com", name: "Ada" };
  expect((await register(users, post(undefined, ada))).status).toBe(400);
  const first = await register(users, post("k-1", ada));
  const again = await register(users, post("k-1", ada));
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.headers.get("Idempotent-Replayed")).toBe("true");
  const body = (await first.json()) as { id: string };
  expect(await again.json()).toEqual(body);
  expect((await register(users, post("k-1", { ...ada, name: "Other" }))).status).toBe(422);

  const moved = await changeEmail(users, body.id, "b@example.com", "k-2");
  expect(isReplayed(moved)).toBe(false);
  expect(await suspend(users, body.id, "spam", "k-3")).toBe("executed");
  expect(await suspend(users, body.id, "spam", "k-3")).toBe("suspended before, at version 3");
  await expect(suspend(users, body.id, "rude", "k-3")).rejects.toMatchObject({
    code: "ANNALS_IDEMPOTENCY_KEY_REUSED",
  });
});
