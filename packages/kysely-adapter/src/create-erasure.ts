import { createStoreErasure, type Erasure, type ErasureSettings } from "@annals/core";
import type { Kysely } from "kysely";
import { kyselyStore } from "./kysely-store.ts";

/**
 * Opens what forgets people on PostgreSQL. Its role needs to be a member of `annals_eraser`, or the owner of
 * Annals' own tables.
 *
 * @throws KeysRequiredError
 */
export const createErasure = <DB>(db: Kysely<DB>, settings: ErasureSettings): Erasure =>
  createStoreErasure(kyselyStore(db), settings);
