import {
  type AnyTopic,
  type Consumer,
  type ConsumerOptions,
  createStoreConsumer,
} from "@annals/core";
import type { Kysely } from "kysely";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { kyselyStore } from "./kysely-store.ts";

/**
 * Opens a consumer that follows an entity's events, or a topic of its own, on PostgreSQL, in an order that keeps every
 * entity's sequence, and loses none. Nothing happens until it runs.
 *
 * @throws InvalidDefinitionError for a name or a handler that cannot work.
 */
export const createConsumer = <Topic extends AnyTopic, DB>(
  db: Kysely<DB>,
  options: ConsumerOptions<Topic, AnnalsTransaction<DB>>,
): Consumer => createStoreConsumer(kyselyStore(db), options);
