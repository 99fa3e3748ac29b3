// define: tables for definitions

// append and read
export {
  type AnnalsPoolOptions,
  annalsPool,
  type PgPool,
  type PgPoolClient,
} from "./connection/annals-pool.ts";
export type { AnnalsTransaction } from "./connection/annals-transaction.ts";
export { type TransactionOptions, transaction } from "./connection/transaction.ts";
// consume
export {
  type HintClient,
  type HintPool,
  type Notification,
  type NotifyHints,
  type NotifyHintsOptions,
  notifyHints,
} from "./consumers/notify-hints.ts";
export { consumers, createConsumer, replay } from "./create-consumer.ts";
export { createErasure, type KyselyErasure } from "./create-erasure.ts";
export { createProjection } from "./create-projection.ts";
export { createRepository } from "./create-repository.ts";
// publish
export { createState } from "./create-state.ts";
export { createTopic, maintainTopics } from "./create-topic.ts";
export type {
  KyselyRepository,
  KyselyTransactingRepository,
  QueryMethods,
} from "./kysely-repository.ts";
export { type KyselyStoreOptions, kyselyStore } from "./kysely-store.ts";
// maintain
export {
  type CheckAtStart,
  type CheckAtStartOptions,
  checkAtStart,
} from "./maintenance/check-at-start.ts";
export {
  type CheckEventsOptions,
  checkEvents,
  type EventCheck,
  type UnreadableEvent,
  type VersionCount,
} from "./maintenance/check-events.ts";
export { checkSchema } from "./maintenance/check-schema.ts";
export {
  type DeleteExpiredOptions,
  deleteExpiredIdempotencyKeys,
} from "./maintenance/delete-expired-idempotency-keys.ts";
export { type ExportOptions, exportHistories } from "./maintenance/export-histories.ts";
export {
  type Import,
  type ImportOptions,
  importHistories,
} from "./maintenance/import-histories.ts";
export { type Rebuilding, type RebuildOptions, rebuild } from "./maintenance/rebuild.ts";
export {
  type Difference,
  type Verification,
  type VerifyOptions,
  verify,
} from "./maintenance/verify.ts";
export type {
  ForgottenVerification,
  Remnant,
  VerifyForgottenOptions,
} from "./maintenance/verify-forgotten.ts";
export type { WalkOptions as MaintenanceOptions } from "./maintenance/walk-batches.ts";
export { type Migrated, type MigrateOptions, migrate } from "./migrations/migrate.ts";
export { migrationProvider } from "./migrations/migration-provider.ts";
export type {
  InlineProjection,
  Projection,
  ProjectionOptions,
  ProjectionRebuild,
  ProjectionSettings,
  ProjectionStatus,
  ProjectionTables,
  ProjectionVerification,
  RebuildProgress,
  RebuildProjectionOptions,
  TableVerification,
  VerifyProjectionOptions,
} from "./projections/projection-type.ts";
export { type EntityTablesOptions, entityTables, entityTablesSql } from "./tables/entity-tables.ts";
export { entityMigration, frameworkMigrations, topicMigration } from "./tables/migrations.ts";
export { topicTables, topicTablesSql } from "./tables/topic-tables.ts";
