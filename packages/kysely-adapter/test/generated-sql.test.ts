import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Statement } from "../src/connection/statement.ts";
import { entityTablesSql } from "../src/index.ts";
import {
  lockCheckpoint,
  moveCheckpoint,
  readCheckpoint,
  registerConsumer,
} from "../src/statements/consumer-checkpoint.ts";
import { entityTableNames } from "../src/statements/entity-table-names.ts";
import { findEntity } from "../src/statements/find-entity.ts";
import { lastPosition } from "../src/statements/last-position.ts";
import { listEntities } from "../src/statements/list-entities.ts";
import { loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { readTopic } from "../src/statements/read-topic.ts";
import { topicWriters } from "../src/statements/topic-writers.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { frameworkMigrationStatements } from "../src/tables/framework-migrations.generated.ts";
import { Person } from "./database/person.ts";

// What is generated is storage format and hot path: every change of it shows up as a diff of SQL.

const tables = entityTableNames(Person.plan, "app");

const statements: Readonly<Record<string, Statement>> = {
  "create, one event": writeEntity(tables, { creates: true, one: true, restoresBound: false }),
  "create, several events": writeEntity(tables, {
    creates: true,
    one: false,
    restoresBound: false,
  }),
  "append, one event": writeEntity(tables, { creates: false, one: true, restoresBound: false }),
  "append, several events, in the caller's transaction": writeEntity(tables, {
    creates: false,
    one: false,
    restoresBound: true,
  }),
  "load one": loadEntity(tables),
  "load many": loadEntities(tables),
  ...Object.fromEntries(
    Person.plan.uniques.map((unique) => [
      `find by ${unique.constraint}`,
      findEntity(tables, unique),
    ]),
  ),
  "list, first page by creation": listEntities(tables, {
    equal: [],
    absent: [],
    orderBy: "createdAt",
    direction: "asc",
    after: "start",
  }),
  "list, later page by a nullable column, backwards, filtered": listEntities(tables, {
    equal: ["status"],
    absent: ["nick"],
    orderBy: "score",
    direction: "desc",
    after: "value",
  }),
  "list, later page among rows without a value": listEntities(tables, {
    equal: ["status"],
    absent: [],
    orderBy: "score",
    direction: "asc",
    after: "null",
  }),
  "list, later page by id": listEntities(tables, {
    equal: ["status"],
    absent: [],
    orderBy: "id",
    direction: "asc",
    after: "value",
  }),
  "last position": lastPosition("app", ["person_events"]),
  "topic writers": topicWriters("app", ["person_events"]),
  "read a topic": readTopic("app", [Person.plan]),
  "register a consumer": registerConsumer,
  "read a checkpoint": readCheckpoint,
  "lock a checkpoint": lockCheckpoint,
  "move a checkpoint": moveCheckpoint,
};

describe("generated SQL", () => {
  it("creates an entity's tables, guards and functions", async () => {
    await expect(entityTablesSql(Person, { schema: "app" })).toMatchFileSnapshot(
      "./generated/person-tables.sql",
    );
  });

  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(statements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    await expect(text).toMatchFileSnapshot("./generated/person-statements.sql");
  });

  it("names every statement apart, within PostgreSQL's limit", () => {
    const names = Object.values(statements).map(({ name }) => name);
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
