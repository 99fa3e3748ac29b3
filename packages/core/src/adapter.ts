// What the author of a store, or of tools for tests, needs beside the public names.

export { canonicalText } from "./append/canonical-text.ts";
export { type EventApplier, eventApplier } from "./consume/apply-events.ts";
export { Backoff } from "./consume/backoff.ts";
export type { Ambient } from "./decide/ambient.ts";
export { decide, decideCreation } from "./decide/decide.ts";
export { History } from "./decide/history.ts";
export type { WriteEnd } from "./decide/pending-write.ts";
export type { StoredEvent } from "./decide/stored-event.ts";
export type { AnyTopic, TopicEventModel, TopicModel } from "./define/any-topic.ts";
export type { ChildOf, ChildrenOf } from "./define/children.ts";
export type { ColumnModel } from "./define/column-model.ts";
export type { ColumnType } from "./define/column-type.ts";
export { type ContextModel, contextModel, type EncodedContext } from "./define/context-model.ts";
export { type CommandsOf, model } from "./define/entity-definition.ts";
export type { EntityModel } from "./define/entity-model.ts";
export type { ChildPlan, ColumnPlan, EntityPlan, UniquePlan } from "./define/entity-plan.ts";
export { isEntityPlan } from "./define/entity-plan.ts";
export {
  type BrokenContract,
  brokenContracts,
  type EventContract,
  eventContract,
} from "./define/event-contract.ts";
export { DELETED_AT, type Deletion, type LifecyclePlan } from "./define/lifecycle.ts";
export { checkIdentifier, snakeCase } from "./define/names.ts";
export { parentsFirst } from "./define/parents-first.ts";
export { FORGOTTEN, PERSONAL, replaceMarks, withoutPersonal } from "./define/personal-marks.ts";
export type { PublishedPlan, RetentionPlan } from "./define/published-plan.ts";
export type { TopicPlan } from "./define/topic-plan.ts";
export type {
  ConsumerAdmin,
  ConsumerState,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterList,
  HandledPlace,
} from "./port/consumer-admin.ts";
export {
  type ConsumerCondition,
  type ConsumerHealth,
  type FailingEvent,
  type OpenWriter,
  type SlotHealth,
  summedUp,
} from "./port/consumer-health.ts";
export type {
  AdvanceWork,
  Attendance,
  CheckpointMove,
  ConsumerPlan,
  ConsumerStore,
  FollowedTopic,
  OwnedSlot,
  ReadRequest,
  SettledPlace,
  SlotChoice,
  SlottedEvent,
  Standing,
  StartPlace,
  TopicRead,
} from "./port/consumer-store.ts";
export type {
  DeadLetterStatus,
  DeadLetterWrite,
  FailureText,
  Hold,
  KeyPlace,
  KeyRead,
  OpenLetter,
  SlotChange,
  SlotFailure,
  SlotTrouble,
} from "./port/dead-letters.ts";
export { eventIdentity } from "./port/event-identity.ts";
export { isJoined } from "./port/joined.ts";
export type {
  BatchResult,
  BatchWrite,
  Comparison,
  Durability,
  EarlierRequest,
  EntityWrite,
  EventHeaders,
  HistoryEvent,
  HistoryQuery,
  HoldResult,
  Idempotency,
  KnownEntities,
  KnownEntity,
  ListedEntity,
  ListPosition,
  ListQuery,
  PastBound,
  PastEntity,
  Predicate,
  ReadEntity,
  StoredChildren,
  StoredEntity,
  StoredSnapshot,
  TopicEvent,
  TouchResult,
  TreeEvent,
  TreeRevision,
  WriteResult,
} from "./port/rows.ts";
export { isPlace } from "./port/start-place.ts";
export type { StateStore, StoredState } from "./port/state-store.ts";
export type { EntityStore, Join, OpenOptions, Store, Visibility } from "./port/store.ts";
export type {
  ForgetCounts,
  PersonalRow,
  Rewrapped,
  StoredReceipt,
  StoredSubject,
  SubjectStore,
  SubjectUse,
  SubjectWrite,
} from "./port/subject-store.ts";
export type { Publication, PublishWrite, TopicStore } from "./port/topic-store.ts";
export { uniqueKey } from "./port/unique-key.ts";
export { encodeCursor } from "./read/cursor.ts";
export { decodeEvent, isUpcast } from "./read/decode-event.ts";
export {
  type EventSamples,
  readSample,
  type SampleReading,
  type StoredVersion,
  storedVersionOf,
  versionsWithoutSample,
} from "./read/event-samples.ts";
export { type FoldedRow, foldedRow } from "./read/folded-row.ts";
export { hydrate } from "./read/hydrate.ts";
export {
  type ImportChecks,
  type ImportedHistory,
  importedHistory,
} from "./read/imported-history.ts";
export { newestBodies } from "./read/newest-bodies.ts";
export { readingProblem } from "./read/reading-problem.ts";
export { snapshotFits } from "./read/snapshot-fits.ts";
export type { UntypedReadOptions } from "./repository/call-options.ts";
export { checkJoins } from "./repository/demand-transaction.ts";
export { instrumented } from "./repository/instrumented.ts";
export { openRepository } from "./repository/repository.ts";
export type { AllAppended, StoreHooks } from "./repository/repository-hooks.ts";
export type { FurtherCalls } from "./repository/repository-methods.ts";
export { retried, type Try } from "./repository/retry.ts";
export { scopedEntities } from "./repository/scoped-entities.ts";
export { visibilityOf } from "./repository/seen-children.ts";
export type { Demanding } from "./repository/transacting-type.ts";
export type { ColumnHashes } from "./seal/column-hashes.ts";
export { consumerOpener, type EventOpener, eventOpener } from "./seal/consumer-opener.ts";
export { DataKeys } from "./seal/data-keys.ts";
export { hiddenKeys } from "./seal/hidden-keys.ts";
export { storedOpener } from "./seal/sealed-entities.ts";
export { type Sealing, sealingOf } from "./seal/sealing.ts";
export { type OpenJson, type SealedJson, type SealPlace, Vault } from "./seal/vault.ts";
export type { ReportHookError } from "./transaction/hook-list.ts";
export { type Savepoints, scopeOf, TransactionScope } from "./transaction/transaction-scope.ts";
