import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CreateView, defineEntity } from "@annals/core";
import { hiddenKeys, model } from "@annals/core/adapter";
import { annalsPool, createRepository, entityTablesSql, migrate } from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { CliError } from "../src/cli-error.ts";
import { idOf, openRepository } from "../src/commands/find-entity.ts";
import { tailedEvents } from "../src/tail/tailed-events.ts";
import { followed } from "../src/tail/tailed-topics.ts";

// Who operates a database names an entity by its id, wherever it is, or by its scope and unique values.

const Desk = defineEntity({
  name: "desk",
  scope: ["tenantId", "floor"],
  schema: z.object({ tenantId: z.string(), floor: z.int(), label: z.string() }),
  events: { DeskPlaced: z.object({ tenantId: z.string(), floor: z.int(), label: z.string() }) },
  create: (
    input: { label: string },
    { scope }: CreateView<{ tenantId: string; floor: number }>,
  ) => ({ type: "DeskPlaced", ...scope, ...input }),
  evolve: { DeskPlaced: (_, { tenantId, floor, label }) => ({ tenantId, floor, label }) },
  commands: {},
  index: { label: { unique: true } },
});

const database = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({
    pool: annalsPool(new pg.Pool({ connectionString: database.connectionString })),
  }),
});
const desks = createRepository(Desk, { db });
const ids: string[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "annals-cli-"));
  await writeFile(join(folder, "0001_desks.sql"), entityTablesSql(Desk));
  await migrate(db, { folder });
  await rm(folder, { recursive: true });
  for (const floor of [1, 2]) {
    ids.push((await desks.scoped({ tenantId: "acme", floor }).create({ label: "a" })).id);
  }
});
afterAll(() => db.destroy());

it("finds an entity by its scope and unique values, or by its id", async () => {
  const words = ["--tenant-id", "acme", "--floor=2", "--label", "a"];
  expect(await idOf(db, Desk, words)).toBe(ids[1]);
  expect(await idOf(db, Desk, [ids[0] as string])).toBe(ids[0]);
  const found = await openRepository(db, Desk).findById(ids[0] as string);
  expect(found.state).toEqual({ tenantId: "acme", floor: 1, label: "a" });
});

it("asks for the scope where it is missing", async () => {
  const error = await idOf(db, Desk, ["--label", "a"]).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(CliError);
  expect(error.hint).toContain("--tenant-id … --floor … --label …");
});

it("tails whose an event is", async () => {
  const events = tailedEvents(
    db,
    { topics: followed([Desk], undefined), ids: undefined, models: [Desk[model]] },
    {
      signal: new AbortController().signal,
      start: async () => 0,
      keys: hiddenKeys,
      follow: false,
      onTrouble: (error) => {
        throw error;
      },
    },
  );
  const scopes: unknown[] = [];
  for await (const batch of events) scopes.push(...batch.map(({ scope }) => scope));
  expect(scopes).toEqual([
    ["acme", 1],
    ["acme", 2],
  ]);
});
