import { describeStore } from "@annals/testing/contract";
import { annalsPool } from "../src/index.ts";
import { kysely, newPool } from "./contract-pools.ts";
import { contractStore } from "./contract-store.ts";

const prepared = await newPool();
describeStore("PostgreSQL through annalsPool", async () =>
  contractStore(kysely(annalsPool(prepared))),
);

const caching = await newPool();
describeStore("PostgreSQL through caches", async () => ({
  ...contractStore(kysely(annalsPool(caching))),
  caches: true,
}));
