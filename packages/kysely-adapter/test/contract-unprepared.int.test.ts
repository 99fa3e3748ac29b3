import { describeStore } from "@annals/testing/contract";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool } from "../src/index.ts";
import { kysely, newPool, notWatched, unpreparedWarnings } from "./contract-pools.ts";
import { contractStore } from "./contract-store.ts";

const warnings = unpreparedWarnings();
afterAll(() => warnings.stop());

const simple = await newPool();
describeStore("PostgreSQL through annalsPool without prepared statements", async () =>
  contractStore(kysely(annalsPool(simple, { prepare: false }))),
);

describe("the warning", () => {
  it("has not been given by now", () => {
    expect(warnings.given).toEqual([]);
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
    expect(warnings.given).toHaveLength(1);
    expect(warnings.given[0]?.message).toMatch(/unprepared/);
  });
});
