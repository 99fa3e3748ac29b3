import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  annalsPool,
  createErasure,
  createRepository,
  entityTablesSql,
  migrate,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { piped } from "./annals.ts";
import { desk, Guest, keys } from "./personal/guest.ts";

// Personal values are in the output of nobody who does not ask for them, in whatever part of it.

const database = await testDatabase();
const db = new Kysely<unknown>({
  dialect: new PostgresDialect({
    pool: annalsPool(new pg.Pool({ connectionString: database.connectionString })),
  }),
});
const here = {
  cwd: join(import.meta.dirname, "personal"),
  databaseUrl: database.connectionString,
};
let id: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "annals-personal-"));
  await writeFile(join(folder, "0001_guests.sql"), entityTablesSql(Guest));
  await migrate(db, { folder });
  await rm(folder, { recursive: true });
  const guests = createRepository(Guest, { db, keys, context: desk });
  await desk.withContext({ clerk: "c-1", ip: "marker-ip" }, async () => {
    const guest = await guests.create({ name: "marker-name", room: 1 });
    guest.move(2);
    await guests.update(guest);
    id = guest.id;
  });
});
afterAll(() => db.destroy());

const commands = (): readonly (readonly string[])[] => [
  ["show", "guest", id],
  ["show", "guest", id, "--json"],
  ["diff", "guest", id, "1", "2"],
  ["tail", "guest"],
  ["tail", "guest", "--json"],
];

const outputs = async (...flags: readonly string[]): Promise<string> => {
  let all = "";
  for (const words of commands()) {
    const { exitCode, stdout, stderr } = await piped([...words, ...flags], here);
    expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: "" });
    all += stdout;
  }
  return all;
};

it("shows them to whoever asks, and a word to everybody else", async () => {
  const plain = await outputs();
  expect(plain).toContain("[personal]");
  expect(plain).toContain("c-1");
  expect(plain).not.toMatch(/marker|\$sealed/);
  const personal = await outputs("--personal");
  expect(personal).toContain("marker-name");
  expect(personal).toContain("marker-ip");
  expect(personal).not.toMatch(/\[personal\]|\$sealed|\$personal/);
});

it("shows nobody what was forgotten", async () => {
  const erasure = createErasure(db, { definitions: [Guest], contexts: [desk], keys });
  await erasure.forget({ kind: "guest", id }, { reason: "request 1" });
  await erasure.forget({ kind: "clerk", id: "c-1" }, { reason: "request 2" });
  const personal = await outputs("--personal");
  expect(personal).toContain("[forgotten]");
  expect(personal).not.toMatch(/marker|\$/);
});
