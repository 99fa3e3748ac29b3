import type { Recording } from "../append/entity-write.ts";
import type { Ambient } from "../decide/ambient.ts";
import type { History } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { Clock } from "../port/clock.ts";
import type { Instrument } from "../port/instrument.ts";
import type { StoredEntity } from "../port/rows.ts";
import type { EntityStore, Join, Visibility } from "../port/store.ts";
import type { EntityCache } from "../read/entity-cache.ts";
import { Batches } from "./batches.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import { columnMethods } from "./column-methods.ts";
import { createOrFindCalls } from "./create-or-find.ts";
import { entityRefs } from "./entity-refs.ts";
import type { IdempotencyKeys } from "./idempotency.ts";
import { instrumented } from "./instrumented.ts";
import { lifecycleCalls } from "./lifecycle-calls.ts";
import { PastReads } from "./past-reads.ts";
import { Reads } from "./reads.ts";
import type { AroundAppend } from "./repository-hooks.ts";
import type { BoundScope } from "./scope.ts";
import { visibilityOf } from "./seen-children.ts";
import type { Together } from "./together.ts";
import { transactCall } from "./transact.ts";
import { treeHistoryCall } from "./tree-history.ts";
import { walkCalls } from "./walks.ts";
import { Writes } from "./writes.ts";

/** Calls that a store adds to a repository, which read by other means. */
export type FurtherCalls = (parts: {
  /**
   * Reads what a call's options let be seen, and no more than the repository's scope, and brings entities back
   * from it, as the repository's own calls do.
   */
  readonly reading: (
    options: UntypedReadOptions<never> | undefined,
    read: (seen: Visibility) => Promise<readonly StoredEntity[]>,
  ) => Promise<readonly object[]>;
}) => Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** What the calls of a repository have in common, whatever their scope. */
export interface RepositoryParts<Tx> {
  readonly model: EntityModel;
  readonly instrument: Instrument | undefined;
  readonly clock: Clock;
  readonly ambient: Ambient;
  /** Makes entities that no hook has seen. */
  readonly bare: (history: History) => object;
  readonly toEntity: (history: History) => object;
  readonly hook: AroundAppend<Tx>;
  readonly together: Together<Tx>;
  readonly isLostRace: (error: unknown) => boolean;
  readonly recording: (events: number) => Recording;
  readonly keys: IdempotencyKeys;
  /** What was read last; one for all scopes, since what a scope does not see is not found. */
  readonly cache: EntityCache | undefined;
  readonly further: FurtherCalls;
  /** Opens what others than the entity's store have read. */
  readonly open: (
    stored: readonly StoredEntity[],
    tx: Join<Tx>,
  ) => Promise<readonly StoredEntity[]>;
  /** Seals the values that others than the entity's store choose children by. */
  readonly sealSeen: (seen: Visibility, tx: Join<Tx>) => Promise<Visibility>;
}

/** The calls of a repository over an entity's store. */
export const repositoryMethods = <Tx>(
  parts: RepositoryParts<Tx>,
  store: EntityStore<Tx>,
  scope?: BoundScope,
): Readonly<Record<string, unknown>> => {
  const { model, instrument, clock, bare, toEntity, hook, recording, keys, further } = parts;
  const ambient = scope === undefined ? parts.ambient : { ...parts.ambient, scope: scope.given };
  const writes = new Writes<Tx>(model, store, ambient, recording, keys, toEntity, hook);
  const batches = new Batches<Tx>(model, store, ambient, recording, toEntity, hook);
  // The past need not live up to what is demanded today.
  const past = new PastReads<Tx>(model, store, bare);
  const reads = new Reads<Tx>(model, store, toEntity, past, scope, parts.cache);
  const { create, update } = writes;
  const { createAll, updateAll } = batches;
  const { findById, maybeFindById, findAll, list, count, exists, toEntities } = reads;
  const of = { entity: model.plan.name, table: model.plan.indexTable };
  const calls = instrumented(of, instrument, {
    create,
    update,
    createAll,
    updateAll,
    findById,
    maybeFindById,
    findAll,
    list,
    count,
    exists,
    history: past.history,
    ...(model.children.length > 0 && treeHistoryCall<Tx>(model, store)),
    ...createOrFindCalls<Tx>({ model, store, ambient, recording, toEntity, hook }),
    ...columnMethods(model, reads),
    ...lifecycleCalls<Tx>(model, update),
    ...further({
      reading: async (options, read) => {
        const seen = visibilityOf(model, options);
        const stored = await read({
          ...(await parts.sealSeen(seen, options?.tx)),
          scope: scope?.values,
        });
        return toEntities(await parts.open(stored, options?.tx), options?.tx, seen);
      },
    }),
  });
  // In a transact it is the update that it is.
  const once = instrumented(of, instrument, { update: writes.updateOnce });
  // What calls others is no operation of its own.
  const methods: Record<string, unknown> = {
    ...calls,
    ...entityRefs({ ...parts, entities: store, calls, writes, batches }),
    ...walkCalls<Tx>(calls),
    transact: transactCall<Tx>(model, clock, {
      findById: calls.findById,
      update: calls.update,
      updateOnce: once.update,
      earlierOr: writes.earlierOr,
      keys,
    }),
  };
  if (model.plan.parent !== undefined) leaveToParent(methods);
  return Object.freeze(methods);
};

/** Takes away what writes: a child is written by its parent, over all of whose children it decides. */
const leaveToParent = (methods: Record<string, unknown>): void => {
  for (const call of Object.keys(methods)) if (WRITES.test(call)) delete methods[call];
};

const WRITES =
  /^(create|createAll|createOrFind|update|updateAll|transact|delete|restore|creator|by[A-Z].*|maybeBy[A-Z].*)$/;
