import type { Ambient } from "../decide/ambient.ts";
import { type Entity, entityFactory } from "../decide/entity.ts";
import { uuidV7Source } from "../decide/uuid-v7.ts";
import { type AnyEntity, model as modelKey } from "../define/entity-definition.ts";
import { type Clock, systemClock } from "../port/clock.ts";
import type { ContextSource } from "../port/context.ts";
import type { Instrument } from "../port/instrument.ts";
import type { StoredEntity } from "../port/rows.ts";
import type { Store } from "../port/store.ts";
import { Batches } from "./batches.ts";
import { columnMethods } from "./column-methods.ts";
import { createOrFindCalls } from "./create-or-find.ts";
import { demandTransaction } from "./demand-transaction.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { instrumented } from "./instrumented.ts";
import { lifecycleCalls } from "./lifecycle-calls.ts";
import { PastReads } from "./past-reads.ts";
import { Reads } from "./reads.ts";
import { recordingFrom } from "./recording.ts";
import {
  AppendHook,
  hydratedBy,
  type RepositoryHooks,
  type UntypedHooks,
} from "./repository-hooks.ts";
import type { Repository } from "./repository-type.ts";
import { transactCall } from "./transact.ts";
import type { RepositoryFor, TransactionDemand } from "./transacting-type.ts";
import { walkCalls } from "./walks.ts";
import { Writes } from "./writes.ts";

export interface RepositoryOptions {
  /**
   * The time of decisions, of generated ids and of the pauses of `transact`; when it is given, also the
   * time that events are recorded and entities created with. Default is the process's clock, and the
   * database's for what is stored.
   */
  readonly clock?: Clock;
  /** Makes ids for new entities and for `newId` in decisions. Default is UUIDv7. */
  readonly newId?: () => string;
  /** What stored events are said to have happened in, see `defineContext`. Default is nothing. */
  readonly context?: ContextSource;
  /**
   * How long an idempotency key is kept, in milliseconds: the longest time after which a client repeats
   * a request. Default is 86,400,000, a day.
   */
  readonly idempotencyKeyTtlMs?: number;
  /** What watches every call, for example `openTelemetry()`. Default is nothing, which costs nothing. */
  readonly instrument?: Instrument;
}

/**
 * Opens the repository of one definition over a store. Statements are prepared here, once.
 *
 * @throws InvalidDefinitionError when another definition already uses the same tables in this store.
 * @throws InvalidArgumentError for an option out of range.
 */
export const createStoreRepository = <
  Definition extends AnyEntity,
  Tx,
  Opened extends Tx = Tx,
  Demand extends boolean = false,
>(
  definition: Definition,
  store: Store<Tx, Opened>,
  options: RepositoryOptions &
    RepositoryHooks<Definition, NoInfer<Opened>> &
    TransactionDemand<Demand> = {},
): RepositoryFor<Definition, Tx, Demand> =>
  openRepository(definition, store, options).repository as RepositoryFor<Definition, Tx, Demand>;

/** A repository, for those who add calls of their own that read by other means. */
export interface OpenedRepository<Definition extends AnyEntity, Tx> {
  readonly repository: Repository<Definition, Tx>;
  /** Brings entities back from what was read, as the repository's own calls do. */
  readonly toEntities: (stored: readonly StoredEntity[]) => Entity<Definition>[];
}

export const openRepository = <Definition extends AnyEntity, Tx, Opened extends Tx = Tx>(
  definition: Definition,
  store: Store<Tx, Opened>,
  options: RepositoryOptions &
    RepositoryHooks<Definition, NoInfer<Opened>> &
    TransactionDemand<boolean>,
): OpenedRepository<Definition, Tx> => {
  const model = definition[modelKey];
  const { name } = model.plan;
  const demanding = options.requireTransaction ? demandTransaction(name, store) : store;
  const entities = demanding.entity(model.plan);
  const { clock = systemClock } = options;
  const ambient: Ambient = {
    now: () => clock.now(),
    newId: options.newId ?? uuidV7Source(() => clock.now().getTime()),
  };
  const { onAppended, onHydrated } = options as UntypedHooks<Opened>;
  const bare = entityFactory(model, ambient);
  const toEntity = hydratedBy(name, bare, onHydrated);
  const hook = new AppendHook<Tx, Opened>(name, demanding, onAppended, options.clock);
  const recording = recordingFrom(model.plan.name, options);
  const keys = new IdempotencyKeys(name, options.idempotencyKeyTtlMs);
  const writes = new Writes<Tx>(model, entities, ambient, recording, keys, toEntity, hook);
  const batches = new Batches<Tx>(model, entities, ambient, recording, toEntity, hook);
  // The past need not live up to what is demanded today.
  const past = new PastReads<Tx>(model, entities, bare);
  const reads = new Reads<Tx>(model, entities, toEntity, past);
  const { create, update } = writes;
  const { createAll, updateAll } = batches;
  const { findById, maybeFindById, findAll, list, count, exists } = reads;
  const calls = instrumented(model.plan, options.instrument, {
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
    ...createOrFindCalls<Tx>({ model, store: entities, ambient, recording, toEntity, hook }),
    ...columnMethods(model, reads),
    ...lifecycleCalls<Tx>(model, update),
  });
  // In a transact it is the update that it is.
  const once = instrumented(model.plan, options.instrument, { update: writes.updateOnce });
  // What calls others is no operation of its own.
  const methods = {
    ...calls,
    ...walkCalls<Tx>(calls),
    transact: transactCall<Tx>(model, clock, {
      findById: calls.findById,
      update: calls.update,
      updateOnce: once.update,
      earlierOr: writes.earlierOr,
      keys,
    }),
  };
  return {
    // The generated names are right by construction: both sides derive them from the same columns.
    repository: Object.freeze(methods) as unknown as Repository<Definition, Tx>,
    toEntities: reads.toEntities as (stored: readonly StoredEntity[]) => Entity<Definition>[],
  };
};
