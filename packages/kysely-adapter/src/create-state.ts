import { createStoreState, type KeyedState, type KeyedStateOptions } from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import type { $ZodObject, output } from "zod/v4/core";
import { kyselyStore } from "./kysely-store.ts";

/**
 * Opens state that a consumer keeps by key on PostgreSQL, in `annals.consumer_state`. It is read and
 * written in the handler's transaction, so it changes together with the checkpoint.
 *
 * @throws InvalidDefinitionError for a name or a schema that cannot be stored.
 */
export const createState = <Schema extends $ZodObject, DB>(
  db: Kysely<DB>,
  options: KeyedStateOptions<Schema>,
): KeyedState<output<Schema>, Transaction<DB>> => createStoreState(kyselyStore(db), options);
