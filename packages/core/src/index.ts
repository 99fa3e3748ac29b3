// define

export type { Attempt, Executed, RefusedAsDeleted } from "./decide/attempt.ts";
export { type AttemptOf, type Entity, isReplayed } from "./decide/entity.ts";
export { type AppliedGuard, hasApplied } from "./decide/has-applied.ts";
// decide
export { uuidV7Source } from "./decide/uuid-v7.ts";
export type { AnyTopic, TopicEventOf } from "./define/any-topic.ts";
export { binary } from "./define/binary.ts";
export type {
  ChangingChild,
  ChangingChildren,
  Child,
  ChildDeclaration,
  ChildOptions,
  ChildOutcome,
  Children,
  CreateViewOf,
  ParentDeclaration,
} from "./define/children.ts";
export type { CommandView, CreateView, StateView } from "./define/command-view.ts";
export type { ContextErasure } from "./define/context-erasure.ts";
export type { Cause, ReservedContext } from "./define/context-model.ts";
export type { DatabaseOf, EventRowOf, IndexRowOf } from "./define/database-types.ts";
export type { AlreadyApplied, Decision, Rejection } from "./define/decision.ts";
export { alreadyApplied, reject } from "./define/decision.ts";
export { defineEntity } from "./define/define-entity.ts";
export { defineTopic } from "./define/define-topic.ts";
export type {
  AnyEntity,
  CreateInputOf,
  EntityDefinition,
  EventOf,
  IdOf,
  ScopeOf,
  StateOf,
} from "./define/entity-definition.ts";
export type { ErasureMethod, ErasureOptions, SubjectOptions } from "./define/erasure.ts";
export { type Forgotten, forgotten, isForgotten, type Remembered } from "./define/forgotten.ts";
export type { ColumnOptions, ComputedColumn, FieldColumn } from "./define/index-options.ts";
export { jsonBigInt, jsonDate } from "./define/json-codecs.ts";
export type { JsonObject, JsonValue } from "./define/json-value.ts";
export type { LifecycleNames } from "./define/lifecycle.ts";
export { personal } from "./define/personal.ts";
export type { SnapshotOptions } from "./define/snapshot.ts";
export type { Span } from "./define/span.ts";
export type { AnyPublishedTopic, TopicDefinition } from "./define/topic-definition.ts";
export type { PublishedRowOf, TopicDatabaseOf } from "./define/topic-rows.ts";
export { type DescendantOf, type TreeOf, treeOf } from "./define/tree-of.ts";
export type { OldVersion } from "./define/upcast.ts";
export { upcast, upcastToEvents } from "./define/upcast.ts";
export type { EventHeaders } from "./port/rows.ts";

import type { Entity } from "./decide/entity.ts";
import type { AnyEntity } from "./define/entity-definition.ts";
/** An entity of a definition, as repositories return it. */
export type EntityOf<Definition extends AnyEntity> = Entity<Definition>;

// consume
export { type Answer, retryLater, skipEvent, stopConsumer } from "./consume/answer.ts";
export { type Consumer, createStoreConsumer } from "./consume/consumer.ts";
export type {
  ConsumerOptions,
  ConsumerSettings,
  Delivery,
  FailurePolicy,
  HandlerTx,
  RetryDelays,
} from "./consume/consumer-options.ts";
export type { EntityEventMeta, EventMeta, PublishedEventMeta } from "./consume/event-meta.ts";
export type {
  BatchHandling,
  BatchMeta,
  DeliveredEvent,
  FollowedEvent,
  HandlerResult,
  Handlers,
  Handling,
  TopicHandlers,
  Topics,
} from "./consume/handler.ts";
export {
  createStoreState,
  type KeyedState,
  type KeyedStateOptions,
  type StateCall,
} from "./consume/keyed-state.ts";
export {
  type ReplayOptions,
  type ReplayResult,
  type ReplaySettings,
  replayStore,
} from "./consume/replay.ts";
export { type RunConsumersOptions, runConsumers } from "./consume/run-consumers.ts";
export { type WaitOptions, type WaitTarget, waitForConsumer } from "./consume/wait-for.ts";
// erase
export { createStoreErasure } from "./erase/erasure.ts";
export type {
  Erasure,
  ErasureSettings,
  ForgetOptions,
  ForgetReceipt,
  Rotation,
  Subject,
} from "./erase/erasure-type.ts";
// errors
export { AnnalsError, type Issue } from "./errors/annals-error.ts";
export * from "./errors/append-errors.ts";
export * from "./errors/consume-errors.ts";
export * from "./errors/decide-errors.ts";
export * from "./errors/define-errors.ts";
export * from "./errors/erase-errors.ts";
export * from "./errors/migrate-errors.ts";
export * from "./errors/projection-errors.ts";
export * from "./errors/read-errors.ts";
export * from "./errors/scope-errors.ts";
export * from "./errors/transaction-errors.ts";
// a store without a database
export { MemoryStore, type MemoryTransactionOptions } from "./memory/memory-store.ts";
export type { MemoryTransaction } from "./memory/memory-transaction.ts";
export { type Clock, systemClock } from "./port/clock.ts";
export type {
  ConsumerAdmin,
  ConsumerState,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterList,
  ProcessState,
  SlotState,
} from "./port/consumer-admin.ts";
export type {
  ConsumerCondition,
  ConsumerHealth,
  FailingEvent,
  OpenWriter,
  SlotHealth,
} from "./port/consumer-health.ts";
export type { StartPlace } from "./port/consumer-store.ts";
export type { ContextScope, ContextSource } from "./port/context.ts";
export type { DeadLetterStatus } from "./port/dead-letters.ts";
export type { Instrument, Operation } from "./port/instrument.ts";
export type { DataKey, KeyProvider, WrappedKey } from "./port/key-provider.ts";
export type {
  DroppedPartition,
  HeldPartition,
  MaintainOptions,
  Maintenance,
  PublishResult,
} from "./port/topic-store.ts";
// publish
export { createStoreTopic, type TopicOptions } from "./publish/topic.ts";
export type {
  EventPublication,
  LatestEvent,
  PublicationOptions,
  Topic,
} from "./publish/topic-type.ts";
export type { CallOptions, ReadOptions } from "./repository/call-options.ts";
export { type Connection, toConnection } from "./repository/connection.ts";
export { decide } from "./repository/consistency-boundary.ts";
export type {
  Decide,
  DecidedTogether,
  DecisionResult,
  ReplayedTogether,
} from "./repository/consistency-boundary-type.ts";
export type {
  CreateInDecision,
  EntityRef,
  EntityRefs,
  RefOptions,
} from "./repository/entity-refs-type.ts";
export * from "./repository/error-guards.ts";
export type {
  AsOf,
  HistoryOptions,
  HistoryWalkOptions,
  RecordedEvent,
  RecordedEventOf,
} from "./repository/history-type.ts";
export type { IdempotencyOptions } from "./repository/idempotency.ts";
export type { ListOptions, Page, WalkOptions } from "./repository/list-type.ts";
// append, read
export { createStoreRepository, type RepositoryOptions } from "./repository/repository.ts";
export type { AppendedEvent, RepositoryHooks } from "./repository/repository-hooks.ts";
export type { Repository } from "./repository/repository-type.ts";
export type { RetryOptions } from "./repository/retry.ts";
export { type AllScopes, Scope } from "./repository/scope.ts";
export type { AcrossScopes, PerScope, Scoping } from "./repository/scoping-type.ts";
export type {
  InTransaction,
  RepositoryFor,
  TransactingRepository,
  TransactionDemand,
} from "./repository/transacting-type.ts";
export type {
  TreeEvent,
  TreeEventOf,
  TreeHistoryMethods,
  TreeHistoryOptions,
  TreeWalkOptions,
} from "./repository/tree-history-type.ts";
export type { ColumnCondition, ColumnOperators, WhereOf } from "./repository/where-type.ts";
export type { Replayed, Transacted } from "./repository/write-methods.ts";
// seal
export { type LocalKeysOptions, localKeys, newLocalKey } from "./seal/local-keys.ts";
// hooks of transactions
export {
  type AnyCommitHook,
  type CommitHook,
  defineCommitHook,
  type NotCommitted,
} from "./transaction/commit-hook.ts";
export type { TransactionHooks } from "./transaction/transaction-hooks.ts";
