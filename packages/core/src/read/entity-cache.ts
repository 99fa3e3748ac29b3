import { deepFreeze } from "../decide/deep-freeze.ts";
import type { History } from "../decide/history.ts";
import type { EntityModel } from "../define/entity-model.ts";
import { isForgotten } from "../define/forgotten.ts";
import { isPlain } from "../define/json-value.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { KnownEntity, StoredEntity } from "../port/rows.ts";
import { hydrate, type KnownHistory } from "./hydrate.ts";
import { LeastRecentlyUsed } from "./least-recently-used.ts";
import { shortHash } from "./short-hash.ts";

/** Whether entities that were read are kept in memory, and how much of them. */
export type CacheOption = boolean | { readonly events: number };

/** An entity as it was read: what a store is told of it, and what is not folded again. */
export interface CachedEntity extends KnownEntity {
  readonly history: KnownHistory;
  /** Whether it was looked through, so that its readers can share it. */
  isShared: boolean;
}

/** What a read knows beforehand, by id. */
export type CachedEntities = ReadonlyMap<string, CachedEntity>;

const EVENTS_DEFAULT = 100_000;

/**
 * The entities of one repository that were read last, folded. A read sends the versions that are here, and the
 * store answers with what is newer: nothing is taken for true that was not asked for. Only what a store has
 * marked enters, which is what was read as committed.
 */
export class EntityCache {
  readonly #model: EntityModel;
  readonly #entities: LeastRecentlyUsed<string, CachedEntity>;
  /** Which entities a lookup has found, so that the next one can say what is known of them. A guess is enough. */
  readonly #found: LeastRecentlyUsed<string, readonly string[]>;

  constructor(model: EntityModel, eventsMax: number) {
    this.#model = model;
    this.#entities = new LeastRecentlyUsed(eventsMax);
    this.#found = new LeastRecentlyUsed(eventsMax);
  }

  /** What is known of these. */
  known(ids: Iterable<string>): CachedEntities {
    const known = new Map<string, CachedEntity>();
    for (const id of ids) {
      const entity = this.#entities.get(id);
      if (entity === undefined) continue;
      if (this.#canBeShared(entity)) known.set(id, entity);
      else this.#entities.delete(id);
    }
    return known;
  }

  /** What is known of those that a lookup found the last time. */
  knownOf(lookup: string): CachedEntities {
    return this.known(this.#found.get(shortHash(lookup)) ?? []);
  }

  /** Remembers what a lookup has found. */
  remember(lookup: string, found: readonly { readonly id: string }[]): void {
    const ids = found.map(({ id }) => id);
    this.#found.set(shortHash(lookup), ids, ids.length + 1);
  }

  /** Folds what was read into a history, from where it was known, and keeps it. */
  hydrate(stored: StoredEntity, known: CachedEntities): History {
    const { id, since = 0, mark } = stored;
    const base = known.get(id);
    const history = hydrate(this.#model, stored, { history: true, known: base?.history });
    if (mark !== undefined) this.#keep(stored, mark, history, since === 0 ? undefined : base);
    return history;
  }

  #keep(
    { id, version, subjects = [] }: StoredEntity,
    mark: KnownEntity["mark"],
    { loaded, parentId }: History,
    base: CachedEntity | undefined,
  ): void {
    // Who was slower may have read less.
    const current = this.#entities.peek(id);
    if (current !== undefined && current !== base && current.version > version) return;
    const all = base === undefined ? subjects : [...new Set([...base.subjects, ...subjects])];
    const history = { ...loaded, parentId };
    const entity = { version, mark, subjects: all, history, isShared: false };
    this.#entities.set(id, entity, loaded.events.length + 1);
  }

  /** Whoever reads it first has it alone. */
  #canBeShared(entity: CachedEntity): boolean {
    if (entity.isShared) return true;
    const { events, state } = entity.history;
    if (![state, ...events].every(isFreezable)) return false;
    for (const event of events) deepFreeze(event);
    entity.isShared = true;
    return true;
  }
}

/** Whether nobody can change a value once it is frozen: instances of a codec's own classes stay as they are. */
const isFreezable = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  if (Array.isArray(value)) return value.every(isFreezable);
  if (isPlain(value)) return Object.values(value).every(isFreezable);
  return isForgotten(value) || Object.getPrototypeOf(value) === Date.prototype;
};

/**
 * The cache that a repository was asked for.
 *
 * @throws InvalidArgumentError
 */
export const entityCache = (
  model: EntityModel,
  option: CacheOption = false,
): EntityCache | undefined => {
  if (option === false) return undefined;
  const { name, children } = model.plan;
  const events = option === true ? EVENTS_DEFAULT : option.events;
  if (!Number.isInteger(events) || events < 1) {
    throw new InvalidArgumentError(
      name,
      "cache.events is not a whole number from 1",
      "Pass true for 100,000.",
    );
  }
  if (children.length === 0) return new EntityCache(model, events);
  throw new InvalidArgumentError(
    name,
    "a cache holds no entities with children, whose versions say nothing of them",
    "Leave cache out.",
  );
};
