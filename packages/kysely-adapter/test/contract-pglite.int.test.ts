import { describeStore } from "@annals/testing/contract";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect } from "kysely";
import { notWatched } from "./contract-pools.ts";
import { contractStore, migrateFramework } from "./contract-store.ts";

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
