import type { Ambient } from "../decide/ambient.ts";
import { entityFactory } from "../decide/entity.ts";
import { uuidV7Source } from "../decide/uuid-v7.ts";
import { type AnyEntity, model as modelKey } from "../define/entity-definition.ts";
import { type Clock, systemClock } from "../port/clock.ts";
import type { ContextSource } from "../port/context.ts";
import type { Instrument } from "../port/instrument.ts";
import type { KeyProvider } from "../port/key-provider.ts";
import type { Store } from "../port/store.ts";
import { type CacheOption, entityCache } from "../read/entity-cache.ts";
import { withSealedContexts } from "../seal/context-seal.ts";
import { sealedEntities, storedOpener } from "../seal/sealed-entities.ts";
import { visibilitySealer } from "../seal/sealed-visibility.ts";
import { sealingOf } from "../seal/sealing.ts";
import { demandTransaction } from "./demand-transaction.ts";
import { IdempotencyKeys } from "./idempotency.ts";
import { recordingFrom } from "./recording.ts";
import {
  AppendHook,
  hydratedBy,
  type RepositoryHooks,
  type StoreHooks,
  type UntypedHooks,
} from "./repository-hooks.ts";
import {
  type FurtherCalls,
  type RepositoryParts,
  repositoryMethods,
} from "./repository-methods.ts";
import { scopedEntities } from "./scoped-entities.ts";
import { scoping } from "./scoping.ts";
import { togetherOn } from "./together.ts";
import type { RepositoryFor, TransactionDemand } from "./transacting-type.ts";
import { TreeWrites } from "./tree-writes.ts";

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
  /** Who holds the keys of personal values, where the definition has any. */
  readonly keys?: KeyProvider;
  /**
   * Whether entities that were read are kept in memory, folded. Every read asks the database as before, in the same
   * round trip, says what it knows, and gets what is newer: it is never behind. `events` is how many events
   * are kept at most, with the states that they fold into; those that were not read for the longest go first.
   * Default is `false`; `true` keeps 100,000. Not for entities with children.
   */
  readonly cache?: CacheOption;
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
  // The generated names are right by construction: both sides derive them from the same columns.
  openRepository(definition, store, options) as RepositoryFor<Definition, Tx, Demand>;

/** `createStoreRepository` for those who add calls, free of the user's types. */
export const openRepository = <Definition extends AnyEntity, Tx, Opened extends Tx = Tx>(
  definition: Definition,
  store: Store<Tx, Opened>,
  options: RepositoryOptions &
    RepositoryHooks<Definition, NoInfer<Opened>> &
    StoreHooks<NoInfer<Opened>> &
    TransactionDemand<boolean>,
  further: FurtherCalls = () => ({}),
): object => {
  const model = definition[modelKey];
  const { name, scope: columns } = model.plan;
  const demanding = withSealedContexts<Tx, Opened>(
    options.requireTransaction ? demandTransaction(name, store) : store,
    options.context,
    options.keys,
  );
  const plain = demanding.entity(model.plan);
  const sealing = sealingOf(model, demanding, options.keys);
  const entities = sealing === undefined ? plain : sealedEntities(sealing, plain, demanding);
  const { clock = systemClock } = options;
  const ambient: Ambient = {
    now: () => clock.now(),
    newId: options.newId ?? uuidV7Source(() => clock.now().getTime()),
  };
  const { onHydrated, ...hooks } = options as UntypedHooks<Opened>;
  const bare = entityFactory(model, ambient);
  const recording = recordingFrom(name, options);
  const hook = new AppendHook<Tx, Opened>(name, demanding, hooks, options.clock);
  const together = togetherOn<Tx, Opened>(name, demanding, options.clock);
  const parts: RepositoryParts<Tx> = {
    model,
    instrument: options.instrument,
    clock,
    ambient,
    bare,
    toEntity: hydratedBy(name, bare, onHydrated),
    hook:
      model.children.length === 0
        ? hook
        : new TreeWrites<Tx>(model, demanding, hook, recording, together, options.keys),
    together,
    isLostRace: demanding.isLostRace,
    recording,
    keys: new IdempotencyKeys(name, options.idempotencyKeyTtlMs),
    cache: entityCache(model, options.cache),
    further,
    open: sealing === undefined ? async (stored) => stored : storedOpener(sealing),
    sealSeen: sealing === undefined ? async (seen) => seen : visibilitySealer(sealing),
  };
  return columns.length === 0
    ? repositoryMethods(parts, entities)
    : scoping(definition, (scope) =>
        repositoryMethods(parts, scopedEntities(model.plan, entities, scope), scope),
      );
};
