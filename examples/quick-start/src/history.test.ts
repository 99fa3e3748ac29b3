import { createStoreRepository, isDuplicate, MemoryStore } from "@annals/core";
import { ManualClock } from "@annals/testing";
import { expect, it } from "vitest";
import { auditTrail, emailsOf, nameOf, pastOf } from "./history.ts";
import { User } from "./user.ts";

it("shows the past as the guide does", async () => {
  const clock = new ManualClock("2024-03-01T12:00:00Z");
  const users = createStoreRepository(User, new MemoryStore(), { clock });
  const ada = await users.create({ email: "ada@example.com", name: "Ada" });
  await clock.advanceTo("2024-03-02T12:00:00Z");
  ada.changeEmail("countess@example.com");
  await users.update(ada);

  expect(await auditTrail(users, ada.id)).toEqual([
    "2 2024-03-02T12:00:00.000Z EmailChanged",
    "1 2024-03-01T12:00:00.000Z UserRegistered",
  ]);
  expect(await emailsOf(users, ada.id)).toEqual(["ada@example.com", "countess@example.com"]);
  const { atFirst, atTheTime } = await pastOf(users, ada.id, new Date("2024-03-01T18:00:00Z"));
  expect(atFirst.state.email).toBe("ada@example.com");
  expect(atTheTime?.version).toBe(1);
  expect(await nameOf(users, "countess@example.com")).toBe("Ada");
  expect(await nameOf(users, "ada@example.com")).toBe("nobody");
  const taken = users.create({ email: "Countess@example.com", name: "B" });
  const error = await taken.catch((thrown: unknown) => thrown);
  expect(isDuplicate(error, User, "email")).toBe(true);
});
