import { defineEntity } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { createRepository } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";

// An explicit cast to a type with a length cuts without a word. The index row would then no longer be what
// the events fold into, and a finder would find others.

const Airport = defineEntity({
  name: "airport",
  schema: z.object({ code: z.string(), city: z.string() }),
  events: { Opened: z.object({ code: z.string(), city: z.string() }) },
  create: (input: { code: string; city: string }) => ({ type: "Opened", ...input }),
  evolve: { Opened: (_, { code, city }) => ({ code, city }) },
  commands: {},
  index: { code: { type: "char(3)", unique: true }, city: { type: "varchar(5)" } },
});

const database = await testDatabase({
  name: "airport",
  migrate: (connectionString) => migrate(connectionString, [Airport]),
});
const db = openDatabase(database.connectionString);
const airports = createRepository(Airport, { db });
afterAll(() => db.destroy());

describe("a value that is longer than its column", () => {
  it("is refused by a write and by a batch", async () => {
    for (const input of [
      { code: "BERX", city: "Bonn" },
      { code: "BER", city: "Berlin" },
    ]) {
      const refused = { code: "ANNALS_DATABASE", sqlstate: "22001" };
      await expect(airports.create(input)).rejects.toMatchObject(refused);
      await expect(airports.createAll([input])).rejects.toMatchObject(refused);
    }
    expect(await airports.count()).toBe(0);
  });

  it("finds nothing, rather than what begins like it", async () => {
    const made = await airports.create({ code: "CGN", city: "Köln" });
    expect((await airports.findByCode("CGN")).id).toBe(made.id);
    expect(await airports.maybeFindByCode("CGNX")).toBeUndefined();
    expect(await airports.count({ where: { city: "Köln" } })).toBe(1);
    expect(await airports.count({ where: { city: { in: ["Kölner", "Kölnisch"] } } })).toBe(0);
    expect(await airports.count({ where: { city: "Kölnisch" } })).toBe(0);
  });
});
