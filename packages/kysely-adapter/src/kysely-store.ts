import type { Store } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import { Database } from "./connection/database.ts";
import { consumerStore } from "./consumers/consumer-store.ts";
import { entityStore } from "./store/entity-store.ts";
import { TableOwners } from "./store/table-owners.ts";

export interface KyselyStoreOptions {
  /**
   * How long a write waits for locks that other transactions hold before it is a LockTimeoutError, in
   * milliseconds. Default is 5,000; 0 waits for ever.
   */
  readonly lockTimeoutMs?: number;
}

const ownersByDatabase = new WeakMap<object, TableOwners>();

/** The store that repositories and consumers use on PostgreSQL, over a Kysely instance. */
export const kyselyStore = <DB>(
  db: Kysely<DB>,
  options: KyselyStoreOptions = {},
): Store<Transaction<DB>> => {
  const database = new Database(db);
  const owners = ownersByDatabase.get(database.identity) ?? new TableOwners();
  ownersByDatabase.set(database.identity, owners);
  const { lockTimeoutMs = 5_000 } = options;
  return {
    entity: (plan) => {
      owners.claim(plan, database.schema);
      return entityStore(database, plan, lockTimeoutMs);
    },
    consumer: (name, plans) => consumerStore(database, name, plans),
  };
};
