import {
  type Consumer,
  type ConsumerOptions,
  createStoreConsumer,
  InvalidDefinitionError,
  systemClock,
  type Topics,
} from "@annals/core";
import { eventApplier, eventOpener, model } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { Database } from "./connection/database.ts";
import { kyselyStore } from "./kysely-store.ts";
import { gatedConsumers } from "./projections/gated-consumers.ts";
import { inlineWriter } from "./projections/inline-writer.ts";
import { withPersonalTables } from "./projections/personal-tables.ts";
import { tableNames } from "./projections/projected-tables.ts";
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
import { discardCopy, dropOld } from "./projections/shadow-tables.ts";
import { verifyProjection } from "./projections/verify-projection.ts";

/**
 * Opens a projection: tables of your own that handlers derive from events, and that can be derived anew at any
 * time, beside the live ones. Nothing happens until it runs, or a repository that has it appends.
 *
 * @throws InvalidDefinitionError for a name, a table or a handler that cannot work.
 */
export const createProjection = <const Followed extends Topics, DB, Inline extends boolean = false>(
  db: Kysely<DB>,
  given: ProjectionOptions<Followed, DB, Inline>,
): Inline extends true ? InlineProjection<Followed[number]["name"]> : Projection => {
  const options = withPersonalTables(given);
  const parts = partsOf(db, options);
  const own: ProjectionTables = {
    name: parts.name,
    rebuild: (rebuilding = {}) => rebuildProjection(parts, rebuilding),
    discardRebuild: () => discardCopy(parts, "rebuild"),
    dropOld: () => dropOld(parts),
    verify: (verifying = {}) => verifyProjection(parts, verifying),
    status: () => projectionStatus(parts),
  };
  const made: InlineProjection | Projection = parts.isInline
    ? Object.freeze({ ...own, [projectInline]: inlineWriter(parts) })
    : Object.freeze({
        ...follow(parts, options),
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
  if (inline && applier.plan.scope !== undefined) {
    invalid("it is inline and of one scope", "Leave the scope out, or inline.");
  }
  if (inline && published !== undefined) {
    invalid(
      `${published.name} is no entity, whose repository could write it inline`,
      "Leave inline out.",
    );
  }
  const database = new Database(db);
  const models = topics.map((topic) => topic[model]);
  const opener = eventOpener<Transaction<DB>>(models, kyselyStore(db), options);
  return {
    ...{ name, isInline: inline, db, database, tables, applier, lockTimeoutMs, clock },
    opened: opener ?? (async (events) => events),
  };
};

/** Handlers of projections ask for less than a consumer's transaction has. */
const follow = <Followed extends Topics, DB>(
  parts: ProjectionParts<DB>,
  options: object,
): Consumer => {
  const store = kyselyStore(parts.db);
  return createStoreConsumer<Followed, AnnalsTransaction<DB>>(
    { ...store, consumer: gatedConsumers(parts, store.consumer) },
    options as ConsumerOptions<Followed, AnnalsTransaction<DB> & Transaction<DB>>,
  );
};
