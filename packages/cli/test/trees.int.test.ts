import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { treeOf } from "@annals/core";
import {
  annalsPool,
  checkSchema,
  createRepository,
  entityMigration,
  frameworkMigrations,
  migrate,
  verify,
} from "@annals/kysely-adapter";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { piped } from "./annals.ts";
import { Entry, Ledger, PlainLedger } from "./trees/ledger.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "annals-trees-"));
});
afterAll(() => rm(root, { recursive: true }));

const generate = async (name: string, entities: string): Promise<string> => {
  const config = join(root, `${name}.config.mjs`);
  const source = new URL("./trees/ledger.ts", import.meta.url).pathname;
  await writeFile(
    config,
    `const { Entry, Ledger, PlainLedger } = await import(${JSON.stringify(source)});
export default { entities: [${entities}], migrations: ${JSON.stringify(join(root, "migrations"))} };`,
  );
  const ran = await piped(["generate", "--config", config], { cwd: root });
  expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  return ran.stdout;
};

it("gives an entity children that had none, whatever the order of the configuration", async () => {
  const { connectionString } = await testDatabase();
  const pool = new pg.Pool({ connectionString });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  try {
    await generate("before", "PlainLedger");
    await migrate(db, { folder: join(root, "migrations") });
    await createRepository(PlainLedger, { db }).create("Ada");

    expect(await generate("after", "Entry, Ledger")).toContain("revision");
    expect(await generate("again", "Ledger, Entry")).toBe(
      "The migrations make all that the definitions need.\n",
    );
    await migrate(db, { folder: join(root, "migrations") });
    expect(await checkSchema(db, [Ledger, Entry])).toEqual([]);
  } finally {
    await db.destroy();
  }
  // Another process, with the definition as it now is.
  const after = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) }),
  });
  try {
    const ledgers = createRepository(Ledger, { db: after });
    const [ledger] = (await ledgers.list()).items;
    expect(ledger?.entries.size).toBe(0);
    ledger?.post(3);
    expect(ledger && (await ledgers.update(ledger))).toBe(1);
    expect((await ledgers.list()).items[0]?.entries.list[0]?.state.amount).toBe(3);
    for (const definition of [Ledger, Entry]) {
      expect(await verify(after, definition)).toMatchObject({ checked: 1, differing: 0 });
    }
  } finally {
    await after.destroy();
  }
});

it("shows a tree and its past, and tells what changed in it", async () => {
  const { connectionString } = await testDatabase();
  const pool = new pg.Pool({ connectionString });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  try {
    for (const { up } of Object.values(frameworkMigrations)) await up(db);
    for (const definition of treeOf(Ledger)) await entityMigration(definition).up(db);
    const ledgers = createRepository(Ledger, { db });
    const ledger = await ledgers.create("Ada");
    for (const amount of [3, 4]) {
      ledger.post(amount);
      await ledgers.update(ledger);
    }
    const [first, second] = ledger.entries.list.map(({ id }) => id) as [string, string];
    const { items } = await ledgers.treeHistory(ledger.id);
    const config = join(root, "shown.config.mjs");
    const source = new URL("./trees/ledger.ts", import.meta.url).pathname;
    await writeFile(
      config,
      `const { Entry, Ledger } = await import(${JSON.stringify(source)});
export default { entities: [Ledger, Entry] };`,
    );
    const run = async (...words: string[]) => {
      const ran = await piped([...words, "--config", config], {
        cwd: root,
        databaseUrl: connectionString,
      });
      expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
      return ran.stdout;
    };
    const now = await run("show", "ledger", ledger.id);
    expect(now).toContain(`ledger ${ledger.id} at version 1\n`);
    expect(now).toContain(
      `entries (2)\n  ${first} at version 1  {"amount":3}\n  ${second} at version 1  {"amount":4}\n`,
    );
    expect(now).toMatch(/Z {2}LedgerOpened {2}\{"owner":"Ada"\}/);
    expect(now).toContain(`entry ${second}  EntryPosted  {"amount":4}`);

    const between = `@${items[1]?.position}`;
    const past = JSON.parse(await run("show", "ledger", ledger.id, "--as-of", between, "--json"));
    expect(past.children.entries).toEqual([{ id: first, version: 1, state: { amount: 3 } }]);
    expect(past.history.map(({ event }: { event: { type: string } }) => event.type)).toEqual([
      "LedgerOpened",
      "EntryPosted",
    ]);
    const newest = await run("show", "ledger", ledger.id, "--as-of", between, "--last", "1");
    expect(newest).toContain(`as of position ${items[1]?.position}`);
    expect(newest).toMatch(/history, the newest\n.*EntryPosted {2}\{"amount":3\}\n$/);

    const changed = await run("diff", "ledger", ledger.id, between, "--json");
    expect(JSON.parse(changed).changes).toEqual([
      { path: `entries.${second}`, after: { amount: 4 } },
    ]);
  } finally {
    await db.destroy();
  }
});
