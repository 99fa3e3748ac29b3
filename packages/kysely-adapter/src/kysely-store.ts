import { InvalidArgumentError } from "@annals/core";
import type { Store } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import { type AnnalsTransaction, adopted } from "./connection/annals-transaction.ts";
import { Database } from "./connection/database.ts";
import { isLostToConcurrency } from "./connection/transaction.ts";
import { WakeUps } from "./connection/wake-ups.ts";
import { consumerAdmin } from "./consumers/consumer-admin.ts";
import { consumerStore } from "./consumers/consumer-store.ts";
import { stateStore } from "./consumers/state-store.ts";
import { entityStore } from "./store/entity-store.ts";
import { storeTransaction } from "./store/store-transaction.ts";
import { subjectStore } from "./store/subject-store.ts";
import { TableOwners } from "./store/table-owners.ts";
import { wakingUp } from "./store/waking-up.ts";
import { qualify } from "./tables/quote.ts";
import { topicStore } from "./topics/topic-store.ts";

export interface KyselyStoreOptions {
  /**
   * How long a write waits for rows and values that other transactions hold before it is a
   * LockTimeoutError, in milliseconds. Default is 5,000; 0 waits for ever. Locks on whole tables, which
   * changes of their definition take, are waited for as the connection's own `lock_timeout` says.
   */
  readonly lockTimeoutMs?: number;
  /**
   * Whether creates and updates that run at the same time, each on its own, are gathered into one statement
   * while others are under way. Each has its own outcome as before. Default is `true`, which is 8 lanes: so many
   * writes of an entity are under way before others are gathered. Fewer gather more, which serves a database
   * that is near; more keep many short ways to one that is far.
   */
  readonly coalesce?: boolean | { readonly lanes: number };
}

const ownersByDatabase = new WeakMap<object, TableOwners>();

/** The store that repositories and consumers use on PostgreSQL, over a Kysely instance. */
export const kyselyStore = <DB>(
  db: Kysely<DB>,
  options: KyselyStoreOptions = {},
): Store<Transaction<DB>, AnnalsTransaction<DB>> => {
  const database = new Database(db);
  const owners = ownersByDatabase.get(database.identity) ?? new TableOwners();
  ownersByDatabase.set(database.identity, owners);
  const { lockTimeoutMs = 5_000, coalesce = true } = options;
  const lanes = lanesOf(coalesce);
  checkLockTimeout(lockTimeoutMs);
  return {
    entity: (plan) => {
      const { indexTable, eventsTable, snapshot } = plan;
      const tables = [indexTable, eventsTable, ...(snapshot ? [snapshot.table] : [])];
      owners.claim(plan, tables, database.schema);
      return wakingUp(
        entityStore(database, plan, { lockTimeoutMs, lanes }),
        WakeUps.of(database.identity),
        qualify(database.schema, plan.eventsTable),
      );
    },
    transaction: (work, open) =>
      db.isTransaction
        ? work(adopted(db as Transaction<DB>))
        : storeTransaction(database, work, open),
    opened: adopted,
    isLostRace: isLostToConcurrency,
    state: (name) => stateStore(database, name),
    consumer: (plan) => consumerStore(database, plan),
    topic: (plan) => {
      const { latestTable, latestView } = plan.compaction ?? {};
      const tables = [plan.eventsTable, latestTable, latestView].filter(
        (table) => table !== undefined,
      );
      owners.claim(plan, tables, database.schema);
      return topicStore(database, plan, lockTimeoutMs);
    },
    consumers: () => consumerAdmin(database),
    subjects: () => subjectStore(database),
  };
};

const LANES = 8;

const lanesOf = (coalesce: NonNullable<KyselyStoreOptions["coalesce"]>): number => {
  if (typeof coalesce === "boolean") return coalesce ? LANES : 0;
  const { lanes } = coalesce;
  if (Number.isInteger(lanes) && lanes >= 1) return lanes;
  throw new InvalidArgumentError(
    "store",
    "coalesce.lanes is not a whole number from 1",
    "Leave it out for 8, or pass coalesce: false to gather nothing.",
  );
};

/** PostgreSQL's own range for timeouts. */
const LOCK_TIMEOUT_MAX_MS = 2 ** 31 - 1;

const checkLockTimeout = (ms: number): void => {
  if (Number.isInteger(ms) && ms >= 0 && ms <= LOCK_TIMEOUT_MAX_MS) return;
  throw new InvalidArgumentError(
    "store",
    `lockTimeoutMs is not a whole number from 0 to ${LOCK_TIMEOUT_MAX_MS}`,
    "Leave it out for 5,000.",
  );
};
