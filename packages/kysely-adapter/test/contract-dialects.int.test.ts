import { describeStore } from "@annals/testing/contract";
import { CamelCasePlugin } from "kysely";
import { annalsPool } from "../src/index.ts";
import { kysely, newPool } from "./contract-pools.ts";
import { contractStore, createSchema } from "./contract-store.ts";

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
