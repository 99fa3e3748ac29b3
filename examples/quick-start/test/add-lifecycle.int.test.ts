import { readFile } from "node:fs/promises";
import { defineEntity } from "@annals/core";
import {
  annalsPool,
  checkSchema,
  createRepository,
  entityMigration,
  entityTables,
  frameworkMigrations,
  rebuild,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, expect, it } from "vitest";
import { Project } from "../src/project.ts";

const { connectionString } = await testDatabase();
const open = () =>
  new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
  });
// Two versions of an application, before and after.
const [before, after] = [open(), open()];
afterAll(() => Promise.all([before.destroy(), after.destroy()]));

const Undeletable = defineEntity({
  name: "project",
  schema: Project.schema,
  events: Project.events,
  create: (input: { slug: string; title: string }) => ({ type: "ProjectStarted", ...input }),
  evolve: {
    ProjectStarted: (_, { slug, title }) => ({ slug, title }),
    SlugChanged: (state, { slug }) => ({ ...state, slug }),
    ProjectDeleted: (state) => state,
    ProjectRestored: (state) => state,
  },
  commands: { abandon: () => ({ type: "ProjectDeleted", reason: "abandoned" }) },
  index: { slug: { unique: true }, title: {} },
});

it("a lifecycle is declared later as the guide shows", async () => {
  for (const { up } of Object.values(frameworkMigrations)) await up(before);
  await entityMigration(Undeletable).up(before);
  const undeletable = createRepository(Undeletable, { db: before });
  const { id } = await undeletable.create({ slug: "annals", title: "Annals" });
  await undeletable.transact(id, (project) => project.abandon());
  expect(await undeletable.count()).toBe(1);

  const text = await readFile(new URL("../src/add-lifecycle.sql", import.meta.url), "utf8");
  await sql.raw(text).execute(after);
  const writer = entityTables(Project).find((statement) => statement.includes('"project_append"'));
  await sql
    .raw(String(writer).replace("create function", "create or replace function"))
    .execute(after);
  expect(await checkSchema(after, [Project])).toEqual([]);
  expect(await rebuild(after, Project)).toMatchObject({ repaired: 1, finished: true });

  const projects = createRepository(Project, { db: after });
  expect(await projects.count()).toBe(0);
  const trash = { includeDeleted: true, where: { deletedAt: { not: null } } } as const;
  expect((await projects.list(trash)).items.map((project) => project.id)).toEqual([id]);
});
