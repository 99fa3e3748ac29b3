import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyEntity } from "@annals/core";
import { annalsPool, checkSchema, createRepository, migrate } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { piped, type Ran } from "./annals.ts";
import { Kept, Plain } from "./snapshots/note.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "annals-snapshots-"));
});
afterAll(() => rm(root, { recursive: true }));

const folder = (): string => join(root, "migrations");

const generate = async (name: "Plain" | "Kept", ...options: readonly string[]): Promise<Ran> => {
  const config = join(root, `${name}.config.mjs`);
  const source = new URL("./snapshots/note.ts", import.meta.url).pathname;
  await writeFile(
    config,
    `const { ${name} } = await import(${JSON.stringify(source)});
export default { entities: [${name}], migrations: ${JSON.stringify(folder())} };`,
  );
  return piped(["generate", "--config", config, ...options], { cwd: root });
};

it("snapshots come with the option, and go by name", async () => {
  const { connectionString } = await testDatabase();
  // Each call is a process with the definition as it then is.
  const inProcess = async <Result>(work: (db: Kysely<unknown>) => Promise<Result>) => {
    const pool = new pg.Pool({ connectionString });
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  };
  const migrated = (definition: AnyEntity) =>
    inProcess(async (db) => {
      await migrate(db, { folder: folder() });
      expect(await checkSchema(db, [definition])).toEqual([]);
    });

  expect(await generate("Plain")).toMatchObject({ exitCode: 0, stderr: "" });
  await migrated(Plain);
  const id = await inProcess(async (db) => {
    const notes = createRepository(Plain, { db });
    const note = await notes.create("one");
    note.write("two");
    await notes.update(note);
    expect(await checkSchema(db, [Kept])).toContainEqual({
      entity: "note",
      object: "table note_snapshots",
      problem: "It is missing.",
      remedy: "Create it: annals generate, then annals migrate.",
    });
    return note.id;
  });

  const added = await generate("Kept");
  expect(added).toMatchObject({ exitCode: 0, stderr: "" });
  expect(added.stdout).toContain("note_snapshots");
  await migrated(Kept);
  await inProcess(async (db) => {
    // The role that may add events may keep states as well.
    await db.connection().execute(async (connection) => {
      await sql`set role annals_note_writer`.execute(connection);
      const notes = createRepository(Kept, { db: connection });
      const note = await notes.findById(id);
      note.write("three");
      await notes.update(note);
      expect((await notes.findById(id)).state).toEqual({ text: "three" });
      await sql`reset role`.execute(connection);
    });
    const { rows } = await sql`select version from note_snapshots where id = ${id}`.execute(db);
    expect(rows).toEqual([{ version: 3 }]);
    await sql`revoke insert on note_snapshots from annals_note_writer`.execute(db);
    expect(await checkSchema(db, [Kept])).toMatchObject([
      { object: "table public.note_snapshots", problem: expect.stringContaining("lacks INSERT") },
    ]);
  });

  const refused = await generate("Plain");
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toContain("--drop note.snapshot");
  expect(await generate("Plain", "--drop", "note.snapshot")).toMatchObject({ exitCode: 0 });
  await migrated(Plain);
  await inProcess(async (db) => {
    const found = await createRepository(Plain, { db }).findById(id);
    expect(found.state).toEqual({ text: "three" });
    expect(found.history).toHaveLength(3);
    await sql`drop owned by annals_note_writer`.execute(db);
  });
});
