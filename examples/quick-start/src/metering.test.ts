import { createStoreRepository, HistoryNotLoadedError, MemoryStore } from "@annals/core";
import { expect, it } from "vitest";
import { Meter } from "./meter.ts";
import { endOfMonth } from "./metering.ts";

it("reads the state, and the history where it is asked for", async () => {
  const store = new MemoryStore();
  const meters = createStoreRepository(Meter, store);
  const { id } = await meters.create({ place: "cellar" });
  for (let day = 0; day < 150; day += 1) await meters.transact(id, (meter) => meter.measure(2));
  const [stored] = await store.entity(Meter.plan).load([id], undefined);
  expect(stored).toMatchObject({ snapshot: { version: 100 }, version: 151 });
  expect(await endOfMonth(meters, id, 5, "2026-01")).toBe(305);
  expect(await endOfMonth(meters, id, 5, "2026-01")).toBe(310);
  const whole = await meters.findById(id, { history: true });
  expect(whole.history.filter(({ type }) => type === "ReportFiled")).toHaveLength(1);
  const short = await meters.findById(id);
  expect(() => short.history).toThrow(HistoryNotLoadedError);
  expect(() => short.fileReport("2026-02")).toThrow(HistoryNotLoadedError);
});
