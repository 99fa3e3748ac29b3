import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annalsPool, checkSchema, createRepository, migrate, verify } from "@annals/kysely-adapter";
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
