import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { entityTables, entityTablesSql } from "../src/index.ts";
import { frameworkMigrationStatements } from "../src/tables/framework-migrations.generated.ts";
import { Booking } from "./database/booking.ts";
import { Person } from "./database/person.ts";
import { Resident } from "./database/resident.ts";
import { Strict } from "./database/strict.ts";
import { Badge } from "./database/tenancy.ts";
import { bookingStatements } from "./statements/booking.ts";
import { personStatements } from "./statements/person.ts";
import { residentStatements } from "./statements/resident.ts";

// What is generated is storage format and hot path: every change of it shows up as a diff of SQL.

describe("generated SQL", () => {
  it("creates an entity's tables, guards and functions", async () => {
    await expect(entityTablesSql(Person, { schema: "app" })).toMatchFileSnapshot(
      "./generated/person-tables.sql",
    );
  });

  it("has every event refer to the one before it, and grants to a role, where that is asked for", async () => {
    await expect(entityTablesSql(Strict, { schema: "app" })).toMatchFileSnapshot(
      "./generated/strict-tables.sql",
    );
  });

  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(personStatements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/person-statements.sql");
  });

  it("is reviewed for an entity with a lifecycle as well", async () => {
    await expect(entityTablesSql(Resident, { schema: "app" })).toMatchFileSnapshot(
      "./generated/resident-tables.sql",
    );
    const made = entityTables(Resident, { schema: "app" });
    const onIndexTable = made.filter((sql) =>
      /create (unique )?index .* on "app"."residents"/.test(sql),
    );
    await expect(`${onIndexTable.slice(0, 2).join(";\n\n")};\n`).toMatchFileSnapshot(
      "./generated/resident-indexes.sql",
    );
    const text = Object.entries(residentStatements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/resident-statements.sql");
  });

  it("is reviewed for an entity that is divided into scopes as well", async () => {
    await expect(entityTablesSql(Booking, { schema: "app" })).toMatchFileSnapshot(
      "./generated/booking-tables.sql",
    );
    const text = Object.entries(bookingStatements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/booking-statements.sql");
  });

  it("is reviewed for policies of the database as well", async () => {
    const policies = entityTables(Badge, { schema: "app" }).filter((text) =>
      /row level security|create policy/.test(text),
    );
    await expect(`${policies.join(";\n\n")};\n`).toMatchFileSnapshot(
      "./generated/badge-policies.sql",
    );
  });

  it("names every statement apart, within PostgreSQL's limit", () => {
    const named = [personStatements, residentStatements, bookingStatements]
      .flatMap((texts) => Object.values(texts))
      .filter((one) => "name" in one);
    const names = named.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name.length).toBeLessThan(64);
  });

  it("carries the framework's migrations as they stand in the root folder", async () => {
    for (const [name, embedded] of Object.entries(frameworkMigrationStatements)) {
      const file = new URL(`../../../migrations/${name}.sql`, import.meta.url);
      const written = (await readFile(file, "utf8")).trim().replace(/;$/, "");
      expect(embedded.join(";\n\n")).toBe(written);
    }
  });
});
