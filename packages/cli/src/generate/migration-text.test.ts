import { expect, it } from "vitest";
import { kyselyModule, plannedMigrations } from "./migration-text.ts";
import { change } from "./schema-change.ts";

it("writes a module whose SQL is the migration's, whatever it contains", async () => {
  const sql = `select '\`', '\${1}', '\\\\', '$$', '\`\${\`';\n`;
  const module = kyselyModule(sql).replace(
    /import .*\n/,
    "const sql = { raw: (text) => ({ execute: async (db) => db(text) }) };\n",
  );
  const javascript = module.replace("db: Kysely<unknown>): Promise<void>", "db)");
  const { up } = await import(`data:text/javascript,${encodeURIComponent(javascript)}`);
  let run = "";
  const db = { withoutPlugins: () => (text: string) => (run = text) };
  await up(db);
  expect(run).toBe(`\n${sql}`);
});

it("divides what has to be filled in between into two migrations", () => {
  const changes = [
    change("user: the column plan is added", ["alter"], { contract: ["check"], fills: "user" }),
    change("user: the index i is added", ["create"]),
  ];
  const planned = plannedMigrations("plan", changes);
  expect(planned.map(({ name }) => name)).toEqual(["plan_expand", "plan_contract"]);
  expect(planned[0]?.sql).toContain("alter;\n\n-- user: the index i is added.\ncreate;\n");
  expect(planned[1]?.sql).toContain(
    "annals rebuild user\n\n-- user: the column plan is added.\ncheck;\n",
  );
});

it("says nothing of filling where nothing has to be filled", () => {
  const changes = [
    change("feed: the latest events are kept", ["create"], { contract: ["take in"] }),
  ];
  const [first, second] = plannedMigrations("feed", changes);
  expect(first?.sql).toBe("-- Step 1 of 2.\n\n-- feed: the latest events are kept.\ncreate;\n");
  expect(second?.sql).toMatch(/^-- Step 2 of 2, .*\n\n.*\ntake in;\n$/);
});
