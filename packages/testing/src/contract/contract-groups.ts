import { asOf } from "./cases/as-of.ts";
import { batches } from "./cases/batches.ts";
import { besideDeadLetters } from "./cases/beside-dead-letters.ts";
import { boundaries } from "./cases/boundaries.ts";
import { boundariesOfKinds } from "./cases/boundaries-of-kinds.ts";
import { cachedForgetting } from "./cases/cached-forgetting.ts";
import { caching } from "./cases/caching.ts";
import { concurrency } from "./cases/concurrency.ts";
import { conditions } from "./cases/conditions.ts";
import { consumedVersions } from "./cases/consumed-versions.ts";
import { consumerControl } from "./cases/consumer-control.ts";
import { consumerFailures } from "./cases/consumer-failures.ts";
import { consumerHealth } from "./cases/consumer-health.ts";
import { consumerShapes } from "./cases/consumer-shapes.ts";
import { consumerSlots } from "./cases/consumer-slots.ts";
import { consumerStart } from "./cases/consumer-start.ts";
import { consumers } from "./cases/consumers.ts";
import { createAndUpdate } from "./cases/create-and-update.ts";
import { createOrFind } from "./cases/create-or-find.ts";
import { deadLetters } from "./cases/dead-letters.ts";
import { deletedLists } from "./cases/deleted-lists.ts";
import { deleting } from "./cases/deleting.ts";
import { eventContexts } from "./cases/event-contexts.ts";
import { eventVersions } from "./cases/event-versions.ts";
import { finders } from "./cases/finders.ts";
import { foldedIndex } from "./cases/folded-index.ts";
import { forgetting } from "./cases/forgetting.ts";
import { forgettingReach } from "./cases/forgetting-reach.ts";
import { handlerTimeouts } from "./cases/handler-timeouts.ts";
import { history } from "./cases/history.ts";
import { idempotency } from "./cases/idempotency.ts";
import { idempotentTransact } from "./cases/idempotent-transact.ts";
import { idempotentTransactions } from "./cases/idempotent-transactions.ts";
import { ids } from "./cases/ids.ts";
import { jsonValues } from "./cases/json-values.ts";
import { keyedState } from "./cases/keyed-state.ts";
import { lifecycleModel } from "./cases/lifecycle-model.ts";
import { listPaging } from "./cases/list-paging.ts";
import { lists } from "./cases/lists.ts";
import { movingValues } from "./cases/moving-values.ts";
import { personalContexts } from "./cases/personal-contexts.ts";
import { personalValues } from "./cases/personal-values.ts";
import { refusedBatches } from "./cases/refused-batches.ts";
import { replays } from "./cases/replays.ts";
import { repositoryHooks } from "./cases/repository-hooks.ts";
import { restoring } from "./cases/restoring.ts";
import { rollOuts } from "./cases/roll-outs.ts";
import { savepoints } from "./cases/savepoints.ts";
import { scopeFuzz } from "./cases/scope-fuzz.ts";
import { scopedConsumers } from "./cases/scoped-consumers.ts";
import { scopedTrees } from "./cases/scoped-trees.ts";
import { scopedWrites } from "./cases/scoped-writes.ts";
import { scopes } from "./cases/scopes.ts";
import { snapshotHistories } from "./cases/snapshot-histories.ts";
import { snapshotModel } from "./cases/snapshot-model.ts";
import { snapshotParts } from "./cases/snapshot-parts.ts";
import { snapshots } from "./cases/snapshots.ts";
import { storedEvents } from "./cases/stored-events.ts";
import { time } from "./cases/time.ts";
import { topicCompaction } from "./cases/topic-compaction.ts";
import { topicDeduplication } from "./cases/topic-deduplication.ts";
import { topicRetention } from "./cases/topic-retention.ts";
import { topicVersions } from "./cases/topic-versions.ts";
import { topics } from "./cases/topics.ts";
import { transact } from "./cases/transact.ts";
import { transactionEnds } from "./cases/transaction-ends.ts";
import { transactionHooks } from "./cases/transaction-hooks.ts";
import { transactionTime } from "./cases/transaction-time.ts";
import { transactions } from "./cases/transactions.ts";
import { treeErasure } from "./cases/tree-erasure.ts";
import { treeHistory } from "./cases/tree-history.ts";
import { treeModel } from "./cases/tree-model.ts";
import { treeParts } from "./cases/tree-parts.ts";
import { treePast } from "./cases/tree-past.ts";
import { treeWrites } from "./cases/tree-writes.ts";
import { trees } from "./cases/trees.ts";
import { uniqueValues } from "./cases/unique-values.ts";
import { values } from "./cases/values.ts";
import { waitFor } from "./cases/wait-for.ts";
import { wakeUps } from "./cases/wake-ups.ts";
import type { ContractGroup } from "./contract-case.ts";

/** Everything that a store must do, in the order in which an entity lives. */
export const contract: readonly ContractGroup[] = [
  createAndUpdate,
  ids,
  values,
  jsonValues,
  finders,
  uniqueValues,
  concurrency,
  transact,
  createOrFind,
  batches,
  refusedBatches,
  movingValues,
  lists,
  listPaging,
  conditions,
  foldedIndex,
  deleting,
  restoring,
  deletedLists,
  lifecycleModel,
  scopes,
  scopedWrites,
  scopeFuzz,
  scopedTrees,
  storedEvents,
  eventVersions,
  history,
  asOf,
  snapshots,
  snapshotHistories,
  transactions,
  transactionEnds,
  transactionHooks,
  transactionTime,
  savepoints,
  boundaries,
  boundariesOfKinds,
  idempotency,
  idempotentTransact,
  idempotentTransactions,
  repositoryHooks,
  consumers,
  scopedConsumers,
  consumerShapes,
  consumerSlots,
  consumerFailures,
  consumedVersions,
  deadLetters,
  besideDeadLetters,
  consumerControl,
  wakeUps,
  consumerHealth,
  waitFor,
  handlerTimeouts,
  consumerStart,
  replays,
  rollOuts,
  eventContexts,
  time,
  topics,
  topicDeduplication,
  topicVersions,
  topicCompaction,
  topicRetention,
  keyedState,
  trees,
  treeWrites,
  treeParts,
  treeHistory,
  treePast,
  personalValues,
  treeErasure,
  personalContexts,
  forgetting,
  forgettingReach,
  caching,
  cachedForgetting,
  treeModel,
  snapshotParts,
  snapshotModel,
];
