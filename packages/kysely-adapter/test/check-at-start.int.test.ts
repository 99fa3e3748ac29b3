import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkAtStart, checkSchema, createRepository } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const proxy = await CountingProxy.open(database.connectionString);
const db = openDatabase(proxy.connectionString);
afterAll(async () => {
  await db.destroy();
  await proxy.close();
});

describe("checkAtStart", () => {
  it.each(["off", "warn", "error"] as const)("with %s is quiet where all is well", async (mode) => {
    const onWarning = vi.fn();
    await checkAtStart(db, [Person], mode, { onWarning });
    expect(onWarning).not.toHaveBeenCalled();
  });

  describe("where a guard is off and an index is gone", () => {
    beforeEach(async () => {
      await sql`alter table person_events disable trigger person_events_immutable`.execute(db);
      await sql`drop index people_created_at_idx`.execute(db);
    });
    afterEach(async () => {
      await sql`alter table person_events enable trigger person_events_immutable`.execute(db);
      await sql`create index people_created_at_idx on people (created_at, id)`.execute(db);
    });

    it("throws every difference in the words of annals check", async () => {
      const differences = await checkSchema(db, [Person]);
      expect(differences).toHaveLength(2);
      const error = await checkAtStart(db, [Person], "error").catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "ANNALS_SCHEMA_MISMATCH", differences });
      for (const { object, problem, remedy } of differences) {
        expect(error.message).toContain(`${object} (person)\n  ${problem}\n  ${remedy}`);
      }
    });

    it("warns once and lets the program start", async () => {
      const onWarning = vi.fn();
      await checkAtStart(db, [Person], "warn", { onWarning });
      expect(onWarning.mock.calls).toEqual([
        [expect.objectContaining({ code: "ANNALS_SCHEMA_MISMATCH" })],
      ]);
      const emitted = vi.spyOn(process, "emitWarning").mockReturnValue();
      await checkAtStart(db, [Person], "warn");
      expect(emitted).toHaveBeenCalledOnce();
      emitted.mockRestore();
    });

    it("sends nothing when it is off", async () => {
      expect(await proxy.during(() => checkAtStart(db, [Person], "off"))).toEqual([]);
    });
  });

  it("says that the database cannot be asked, or only warns of it", async () => {
    const nowhere = openDatabase("postgres://127.0.0.1:1/none");
    const onWarning = vi.fn();
    await checkAtStart(nowhere, [Person], "warn", { onWarning });
    expect(onWarning.mock.calls).toEqual([[expect.objectContaining({ code: "ANNALS_DATABASE" })]]);
    await expect(checkAtStart(nowhere, [Person], "error")).rejects.toMatchObject({
      code: "ANNALS_DATABASE",
    });
    await nowhere.destroy();
  });

  it("adds nothing to the calls of a repository", async () => {
    const people = createRepository(Person, { db });
    const person = await people.create({ email: "a@example.com", slug: "a" });
    await checkAtStart(db, [Person], "error");
    const sent = await proxy.during(() => people.findById(person.id));
    expect(sent.filter(({ kind }) => kind === "Sync" || kind === "Query")).toHaveLength(1);
  });
});
