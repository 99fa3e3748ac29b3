import { createStoreConsumer, createStoreRepository, MemoryStore } from "@annals/core";
import { ManualClock } from "@annals/testing";
import { expect, it } from "vitest";
import { User } from "./user.ts";

// #region clock
it("is a quiet month until somebody signs up", async () => {
  const clock = new ManualClock("2024-02-29T23:59:59.999Z");
  const store = new MemoryStore();
  const users = createStoreRepository(User, store, { clock });
  await users.create({ email: "leap@example.com", name: "Leap" });
  await clock.advance(1); // and it is March
  await users.create({ email: "march@example.com", name: "March" });

  const months: string[] = [];
  const signups = createStoreConsumer(store, {
    name: "signups-per-month",
    topics: [User],
    clock,
    pollIntervalMs: 60_000,
    on: {
      UserRegistered: (_event, { recordedAt }) => {
        months.push(recordedAt.toISOString().slice(0, 7));
      },
    },
  });
  const stop = new AbortController();
  const running = signups.run({ signal: stop.signal });
  await clock.untilSleeping(); // it has handled what there is, and pauses
  expect(months).toEqual(["2024-02", "2024-03"]);

  await clock.advanceTo("2024-04-01T00:00:00Z");
  await users.create({ email: "april@example.com", name: "April" }); // wakes it up
  await clock.untilSleeping();
  expect(months).toEqual(["2024-02", "2024-03", "2024-04"]);
  stop.abort();
  await running;
});
// #endregion
