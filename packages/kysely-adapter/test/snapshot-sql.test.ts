import { describe, expect, it } from "vitest";
import { entityTablesSql } from "../src/index.ts";
import { appendEach } from "../src/statements/append-each.ts";
import { createEach } from "../src/statements/create-each.ts";
import { createEntities } from "../src/statements/create-entities.ts";
import { entityTableNames, type SnapshotNames } from "../src/statements/entity-table-names.ts";
import { snapshotRemnants } from "../src/statements/find-remnants.ts";
import { dropSnapshots } from "../src/statements/forget-subject.ts";
import { loadEntities, loadEntity } from "../src/statements/load-entities.ts";
import { dropWrongSnapshots, loadRange } from "../src/statements/scan-entities.ts";
import { updateEntities } from "../src/statements/update-entities.ts";
import { writeEntity } from "../src/statements/write-entity.ts";
import { Diary } from "./database/diary.ts";

// What was reviewed of the SQL for snapshots. `vitest -u` writes it again.

const diaries = entityTableNames(Diary.plan, "app");
const snapshots = diaries.snapshots as SnapshotNames;
const append = { creates: false, one: true, restoresBound: false } as const;

const statements: Readonly<Record<string, { readonly sql: string }>> = {
  "load one": loadEntity(diaries),
  "load one with its history": loadEntity(diaries, { history: true }),
  "load many": loadEntities(diaries),
  append: writeEntity(diaries, append),
  "append and keep": writeEntity(diaries, { ...append, snapshot: true }),
  "append and keep, in a transaction": writeEntity(diaries, {
    ...append,
    restoresBound: true,
    snapshot: true,
  }),
  "append and keep, with a key": writeEntity(diaries, { ...append, keyed: true, snapshot: true }),
  "create and keep": writeEntity(diaries, { ...append, creates: true, snapshot: true }),
  "create many": createEntities(diaries),
  "update many": updateEntities(diaries, { moves: false }),
  "create each": createEach(diaries),
  "append to each": appendEach(diaries),
  "what is to be verified": loadRange(diaries),
  "drop wrong ones": dropWrongSnapshots(diaries, snapshots),
  "drop those of somebody who is forgotten": dropSnapshots(diaries, snapshots),
  "what is left of somebody who is forgotten": snapshotRemnants(diaries, snapshots),
};

describe("generated SQL for snapshots", () => {
  it("creates their table", async () => {
    const text = entityTablesSql(Diary, { schema: "app" });
    await expect(text).toMatchFileSnapshot("./generated/diary-tables.sql");
  });

  it("is the same text for every statement as the one that was reviewed", async () => {
    const text = Object.entries(statements)
      .map(([name, { sql }]) => `-- ${name}\n${sql};\n`)
      .join("\n");
    // The fingerprint depends on how the schema library writes JSON schemas.
    const shown = text.replaceAll(snapshots.fingerprint, "'<fingerprint>'");
    await expect(shown).toMatchFileSnapshot("./generated/diary-statements.sql");
  });
});
