import {
  type Consumer,
  type ConsumerAdmin,
  type ConsumerOptions,
  createStoreConsumer,
  type Delivery,
  type ReplayOptions,
  type ReplayResult,
  replayStore,
  type Topics,
} from "@annals/core";
import type { Kysely } from "kysely";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { kyselyStore } from "./kysely-store.ts";

/**
 * Opens a consumer that follows the events of entities, or topics of their own, on PostgreSQL, in an order
 * that keeps every entity's sequence, and loses none. Nothing happens until it runs.
 *
 * @throws InvalidDefinitionError for a name or a handler that cannot work.
 */
export const createConsumer = <
  const Followed extends Topics,
  DB,
  Mode extends Delivery = "exactly-once",
>(
  db: Kysely<DB>,
  options: ConsumerOptions<Followed, AnnalsTransaction<DB>, Mode>,
): Consumer => createStoreConsumer<Followed, AnnalsTransaction<DB>, Mode>(kyselyStore(db), options);

/**
 * Hands a range of events to handlers, beside whatever consumers do: no checkpoint is read or moved. See
 * `ReplayOptions` for where it begins and ends.
 *
 * @throws HandlerFailedError with what a handler throws, StoredEventError, ConsumerStartError
 */
export const replay = <const Followed extends Topics, DB>(
  db: Kysely<DB>,
  options: ReplayOptions<Followed>,
): Promise<ReplayResult> => replayStore(kyselyStore(db), options);

/** What operators see and decide about the consumers of a database. */
export const consumers = <DB>(db: Kysely<DB>): ConsumerAdmin => kyselyStore(db).consumers();
