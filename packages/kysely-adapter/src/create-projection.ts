import {
  type Consumer,
  type ConsumerOptions,
  InvalidDefinitionError,
  systemClock,
  type Topics,
} from "@annals/core";
import { eventApplier } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { Database } from "./connection/database.ts";
import { createConsumer } from "./create-consumer.ts";
import { gatedHandlers } from "./projections/gated-handlers.ts";
import { inlineWriter } from "./projections/inline-writer.ts";
import { shadowSchema, tableNames } from "./projections/projected-tables.ts";
import type { ProjectionParts } from "./projections/projection-parts.ts";
import { projectionStatus } from "./projections/projection-status.ts";
import {
  type InlineProjection,
  type Projection,
  type ProjectionOptions,
  type ProjectionTables,
  projectInline,
} from "./projections/projection-type.ts";
import { rebuildProjection } from "./projections/rebuild-projection.ts";
import { resetProjection } from "./projections/reset-projection.ts";
import { discardShadow, dropOld } from "./projections/shadow-tables.ts";
import { TableRouter } from "./projections/table-router.ts";

/** How many events one transaction of a rebuild has, however few the live one takes at a time. */
const FILLER_BATCH = 500;

/**
 * Opens a projection: tables of your own that handlers derive from events, and that can be derived anew at any
 * time, beside the live ones. Nothing happens until it runs, or a repository that has it appends.
 *
 * @throws InvalidDefinitionError for a name, a table or a handler that cannot work.
 */
export const createProjection = <const Followed extends Topics, DB, Inline extends boolean = false>(
  db: Kysely<DB>,
  options: ProjectionOptions<Followed, DB, Inline>,
): Inline extends true ? InlineProjection<Followed[number]["name"]> : Projection => {
  const parts = partsOf(db, options);
  const own: ProjectionTables = {
    name: parts.name,
    rebuild: (rebuilding = {}) => rebuildProjection(parts, rebuilding),
    discardRebuild: () => discardShadow(parts),
    dropOld: () => dropOld(parts),
    status: () => projectionStatus(parts),
  };
  const made: InlineProjection | Projection = parts.isInline
    ? Object.freeze({ ...own, [projectInline]: inlineWriter(parts) })
    : Object.freeze({
        ...follow(db, { ...options, ...gatedHandlers(parts, options as object) }),
        ...own,
        reset: ({ signal }: { readonly signal?: AbortSignal } = {}) =>
          resetProjection(parts, signal),
      });
  return made as Inline extends true ? InlineProjection<Followed[number]["name"]> : Projection;
};

const partsOf = <Followed extends Topics, DB, Inline extends boolean>(
  db: Kysely<DB>,
  options: ProjectionOptions<Followed, DB, Inline>,
): ProjectionParts<DB> => {
  const { name, topics, inline = false, clock = systemClock, lockTimeoutMs = 500 } = options;
  const invalid = (problem: string, hint: string): never => {
    throw new InvalidDefinitionError(name, problem, hint);
  };
  const applier = eventApplier(options);
  const tables = tableNames(db, name, options.tables);
  if (!Number.isInteger(lockTimeoutMs) || lockTimeoutMs < 1 || lockTimeoutMs > 600_000) {
    invalid("lockTimeoutMs is not a whole number from 1 to 600,000", "Leave it out for 500.");
  }
  const published = topics.find(({ plan }) => plan.kind !== "entity");
  if (inline && published !== undefined) {
    invalid(
      `${published.name} is no entity, whose repository could write it inline`,
      "Leave inline out.",
    );
  }
  const routed = db.withPlugin(new TableRouter(name, tables, shadowSchema));
  const filler = follow(routed, {
    ...options,
    name: `${name}:rebuild`,
    batchSize: FILLER_BATCH,
    onFailure: "stop",
    retry: { attempts: 1 },
  });
  return {
    ...{ name, isInline: inline, db, routed, database: new Database(db), tables },
    ...{ applier, filler, lockTimeoutMs, clock },
  };
};

/** Handlers of projections ask for less than a consumer's transaction has. */
const follow = <Followed extends Topics, DB>(db: Kysely<DB>, options: object): Consumer =>
  createConsumer<Followed, DB>(
    db,
    options as ConsumerOptions<Followed, AnnalsTransaction<DB> & Transaction<DB>>,
  );
