import { describeStore, type Skips } from "@annals/testing/contract";
import { testDatabase } from "@annals/testing/vitest";
import { PGlite } from "@electric-sql/pglite";
import { CamelCasePlugin, Kysely, PGliteDialect, PostgresDialect, type PostgresPool } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool } from "../src/index.ts";
import { contractStore, createSchema, migrateFramework } from "./contract-store.ts";

const kysely = (pool: PostgresPool): Kysely<unknown> =>
  new Kysely({ dialect: new PostgresDialect({ pool }) });

const migrate = async (connectionString: string): Promise<void> => {
  const db = kysely(new pg.Pool({ connectionString }));
  await migrateFramework(db);
  await db.destroy();
};

const newPool = async (): Promise<pg.Pool> => {
  const { connectionString } = await testDatabase({ name: "framework", migrate });
  return new pg.Pool({ connectionString, max: 8 });
};

const notWatched: Skips = {
  reason: "without annalsPool, nobody sees how the user's own transaction ends",
  cases: ["a commit makes events count as stored", "a rollback gives events back"],
};

const warnings: Error[] = [];
const collect = (warning: Error) => void warnings.push(warning);
process.on("warning", collect);
afterAll(() => void process.off("warning", collect));

const unprepared = () =>
  warnings.filter((warning) => "code" in warning && warning.code === "ANNALS_UNPREPARED");

const prepared = await newPool();
describeStore("PostgreSQL through annalsPool", async () =>
  contractStore(kysely(annalsPool(prepared))),
);

const caching = await newPool();
describeStore("PostgreSQL through caches", async () => ({
  ...contractStore(kysely(annalsPool(caching))),
  caches: true,
}));

const simple = await newPool();
describeStore("PostgreSQL through annalsPool without prepared statements", async () =>
  contractStore(kysely(annalsPool(simple, { prepare: false }))),
);

const camelCase = await newPool();
describeStore("PostgreSQL with CamelCasePlugin", async () =>
  contractStore(kysely(annalsPool(camelCase)).withPlugin(new CamelCasePlugin())),
);

const schema = await newPool();
describeStore("PostgreSQL in another schema", async () => {
  const db = kysely(annalsPool(schema));
  await createSchema(db, "app");
  return contractStore(db.withSchema("app"));
});

describe("the warning", () => {
  it("has not been given by now", () => {
    expect(unprepared()).toEqual([]);
  });
});

const stock = await newPool();
describeStore(
  "PostgreSQL through a stock pool",
  async () => contractStore(kysely(stock)),
  notWatched,
);

describe("the warning about unprepared statements", () => {
  it("is given exactly once for a database", () => {
    expect(unprepared()).toHaveLength(1);
    expect(unprepared()[0]?.message).toMatch(/unprepared/);
  });
});

describeStore(
  "PGlite",
  async () => {
    const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: new PGlite() }) });
    await migrateFramework(db);
    return contractStore(db);
  },
  {
    reason: "PGlite has one connection",
    cases: [
      "a write meets what another transaction committed after the read",
      "nobody else sees a transaction before it commits",
      "an event that commits late is not lost",
      "two consumers of one name do not double effects",
      "a consumer stops within its time, whatever its handler does",
      "two processes share the slots evenly, and one that leaves gives its own back",
      "slots grow while processes run",
      "one that runs notices a pause",
      "a handler that loses a race is repeated, and told so",
      "of a restoring and a creation with the same value, exactly one wins",
      "nobody else sees what is published before the commit",
      "of publishers at the same time one wins",
      "is changed by one transaction at a time",
    ],
  },
  { ...notWatched, reason: "nobody sees how the user's own transaction on PGlite ends" },
);
