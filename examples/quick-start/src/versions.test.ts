import { readFile } from "node:fs/promises";
import { createStoreRepository, MemoryStore } from "@annals/core";
import { assertUpcasts } from "@annals/testing";
import { expect, it } from "vitest";
import { Customer } from "./versions.ts";

it("writes the newest version, and reads every one that the guide shows", async () => {
  const store = new MemoryStore();
  const customers = createStoreRepository(Customer, store);
  const ada = await customers.create({ email: "ada@example.com", name: "Ada" });
  const bodies = [
    { type: "EmailChanged", mail: "first@example.com" },
    { type: "EmailChanged", v: 2, email: "second@example.com" },
    { type: "NameChanged", name: "A. L." },
    { type: "DetailsChanged", email: "third@example.com", name: "A. Lovelace" },
    { type: "LevelSet", level: 3 },
    { type: "LevelSet", level: 12 },
  ];
  await store.entity(Customer.plan).write(
    {
      id: ada.id,
      expectedVersion: 1,
      events: bodies.map((body) => ({ type: body.type, version: body.v ?? 1, body })),
      columns: ["third@example.com"],
      context: null,
    },
    undefined,
  );
  const read = await customers.findById(ada.id);
  expect(read.version).toBe(7);
  expect(read.history.slice(1)).toEqual([
    { type: "EmailChanged", email: "first@example.com", isVerified: false },
    { type: "EmailChanged", email: "second@example.com", isVerified: false },
    { type: "Renamed", name: "A. L." },
    { type: "EmailChanged", email: "third@example.com", isVerified: false },
    { type: "Renamed", name: "A. Lovelace" },
    { type: "PromotedToVip" },
  ]);
  read.changeEmail("fourth@example.com");
  await customers.update(read);
  const [stored] = await store.entity(Customer.plan).load([ada.id], undefined);
  expect(stored?.events.at(-1)).toMatchObject({ type: "EmailChanged", v: 3 });
});

// #region samples
it("reads every version that was ever stored", async () => {
  const file = new URL("../migrations/annals.samples.json", import.meta.url);
  const samples = JSON.parse(await readFile(file, "utf8"));
  const read = assertUpcasts(Customer, samples);
  expect(read.find(({ type }) => type === "LevelSet")?.became).toEqual([{ type: "PromotedToVip" }]);
});
// #endregion
