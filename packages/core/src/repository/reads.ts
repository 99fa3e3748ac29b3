import { shownValue } from "../append/shown-value.ts";
import type { History } from "../decide/history.ts";
import type { AnyEntity } from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { UniquePlan } from "../define/entity-plan.ts";
import { type JsonValue, NotJsonError } from "../define/json-value.ts";
import { EntityNotFoundError, InvalidArgumentError } from "../errors/read-errors.ts";
import type { ListQuery, StoredEntity } from "../port/rows.ts";
import type { EntityStore, Join, Visibility } from "../port/store.ts";
import type { CachedEntities, EntityCache } from "../read/entity-cache.ts";
import { type Hydrated, hydrateAll } from "../read/hydrate-all.ts";
import type { UntypedReadOptions } from "./call-options.ts";
import { checkDeletedAt } from "./deleted-condition.ts";
import type { AsOf } from "./history-type.ts";
import { listPage } from "./list-page.ts";
import type { ListOptions, Page } from "./list-type.ts";
import type { PastReads } from "./past-reads.ts";
import type { BoundScope } from "./scope.ts";
import { type UntypedVisibility, visibilityOf } from "./seen-children.ts";
import { normalizeError, predicateOf } from "./where.ts";
import type { WhereOf } from "./where-type.ts";

/** The reading calls behind a repository, free of the user's types. */
export class Reads<Tx> {
  readonly #model: EntityModel;
  readonly #store: EntityStore<Tx>;
  readonly #toEntity: (history: History) => object;
  readonly #past: PastReads<Tx>;
  readonly #scope: BoundScope | undefined;
  readonly #cache: EntityCache | undefined;

  constructor(
    model: EntityModel,
    store: EntityStore<Tx>,
    toEntity: (history: History) => object,
    past: PastReads<Tx>,
    scope: BoundScope | undefined,
    cache: EntityCache | undefined,
  ) {
    this.#model = model;
    this.#store = store;
    this.#toEntity = toEntity;
    this.#past = past;
    this.#scope = scope;
    this.#cache = cache;
  }

  readonly findById = async (id: unknown, options?: PastOptions<Tx>): Promise<object> =>
    (await this.maybeFindById(id, options)) ?? this.#notFound(["id"], [id]);

  readonly maybeFindById = async (
    id: unknown,
    options?: PastOptions<Tx>,
  ): Promise<object | undefined> => {
    if (options?.asOf !== undefined) return this.#past.maybeFindPast(id, options.asOf, options);
    const known = this.#model.parseId(id);
    if (known === undefined) return undefined;
    const [found] = await this.#load([known], options);
    return found && this.#toEntity(found.history);
  };

  readonly findAll = async (
    ids: Iterable<unknown>,
    options?: UntypedReadOptions<Tx>,
  ): Promise<Map<string, object>> => {
    const known = new Set<string>();
    for (const id of ids) {
      const parsed = this.#model.parseId(id);
      if (parsed !== undefined) known.add(parsed);
    }
    if (known.size === 0) return new Map();
    const found = await this.#load([...known], options);
    return new Map(found.map(({ stored, history }) => [stored.id, this.#toEntity(history)]));
  };

  /** @param once whether these entities are unlikely to be read again, so that they push no others out. */
  readonly list = (
    options: ListOptions<AnyEntity> & UntypedReadOptions<Tx> = {},
    once = false,
  ): Promise<Page<object>> =>
    listPage(this.#model, this.#scope, options, async (query) => {
      checkDeletedAt(this.#model, query.where, options.includeDeleted, query.orderBy);
      const cache = once ? undefined : this.#cache;
      const lookup = cache === undefined ? "" : this.#lookup("list", query);
      const cached = cache?.knownOf(lookup);
      const seen = this.#seen(options, cached);
      const listed = await this.#store.list(query, options.tx, seen, cached);
      cache?.remember(lookup, listed);
      return (await this.#hydrate(listed, options.tx, seen, cached)).map(({ stored, history }) => ({
        item: this.#toEntity(history),
        position: stored.position,
      }));
    });

  readonly count = async (options: ConditionOptions<Tx> = {}): Promise<number> =>
    this.#count(options, undefined);

  readonly exists = async (options: ConditionOptions<Tx> = {}): Promise<boolean> =>
    (await this.#count(options, 1)) > 0;

  /** Brings back what a store read by means of its own. */
  readonly toEntities = async (
    stored: readonly StoredEntity[],
    tx: Join<Tx>,
    seen: Visibility,
  ): Promise<object[]> =>
    (await this.#hydrate(stored, tx, seen)).map(({ history }) => this.#toEntity(history));

  /** Finds by a unique constraint; `values` are in the order of what it is looked up by. */
  async maybeFind(
    unique: UniquePlan,
    values: readonly unknown[],
    options?: UntypedReadOptions<Tx>,
  ): Promise<object | undefined> {
    const stored = this.#storedValues(unique, values);
    if (stored === undefined) return undefined;
    const { constraint } = unique;
    const lookup = this.#cache === undefined ? "" : this.#lookup(constraint, stored);
    const cached = this.#cache?.knownOf(lookup);
    const seen = this.#seen(options, cached);
    const found = await this.#store.find(constraint, stored, options?.tx, seen, cached);
    this.#cache?.remember(lookup, found ? [found] : []);
    if (found === undefined) return undefined;
    const [hydrated] = await this.#hydrate([found], options?.tx, seen, cached);
    return hydrated && this.#toEntity(hydrated.history);
  }

  async find(
    unique: UniquePlan,
    values: readonly unknown[],
    options?: UntypedReadOptions<Tx>,
  ): Promise<object> {
    const found = await this.maybeFind(unique, values, options);
    return found ?? this.#notFound(unique.lookup, values);
  }

  /** What to look for; `undefined` where a value could not be stored, so that no entity has it. */
  #storedValues(unique: UniquePlan, values: readonly unknown[]): JsonValue[] | undefined {
    try {
      return values.map((value, at) => {
        const property = unique.lookup[at] as string;
        if (value === null || value === undefined) {
          throw this.#invalidArgument(
            `nothing was given to find by "${property}"`,
            "Any number of entities may have no value there; pass a value.",
          );
        }
        const column = this.#model.columns.find(({ plan }) => plan.property === property);
        return column?.toStored(value) as JsonValue;
      });
    } catch (error) {
      if (error instanceof NotJsonError) return undefined;
      throw normalizeError(this.#model, unique.lookup.join(" and "), error);
    }
  }

  #count(options: ConditionOptions<Tx>, limit: number | undefined): Promise<number> {
    const where = predicateOf(this.#model, options.where ?? {});
    checkDeletedAt(this.#model, where, options.includeDeleted);
    return this.#store.count(where, limit, options.tx, this.#seen(options));
  }

  /** A cache holds histories, and is asked for what is newer than they are. */
  #seen(options: UntypedVisibility | undefined, cached?: CachedEntities): Visibility {
    const seen = visibilityOf(this.#model, options);
    return cached === undefined ? seen : { ...seen, history: true };
  }

  /** Names what is looked up, so that the cache can guess what is found. */
  #lookup(kind: string, by: ListQuery | readonly JsonValue[]): string {
    return `${kind} ${this.#scope?.mark} ${JSON.stringify(by)}`;
  }

  async #load(
    ids: readonly string[],
    options: UntypedReadOptions<Tx> | undefined,
  ): Promise<readonly Hydrated<StoredEntity>[]> {
    const cached = this.#cache?.known(ids);
    const seen = this.#seen(options, cached);
    const stored = await this.#store.load(ids, options?.tx, seen, cached);
    return this.#hydrate(stored, options?.tx, seen, cached);
  }

  #hydrate<Stored extends StoredEntity>(
    found: readonly Stored[],
    tx: Join<Tx>,
    seen: Visibility,
    cached?: CachedEntities,
  ): ReturnType<typeof hydrateAll<Stored>> {
    const cache = this.#cache;
    if (cached !== undefined && cache !== undefined) {
      return found.map((stored) => ({ stored, history: cache.hydrate(stored, cached) }));
    }
    const { history, childrenWhere } = seen;
    const partial = childrenWhere && new Set(Object.keys(childrenWhere));
    return hydrateAll(this.#model, found, { history, partial }, (ids) =>
      this.#store.load(ids, tx, { ...seen, history: true }),
    );
  }

  #notFound(columns: readonly string[], values: readonly unknown[]): never {
    const { plan } = this.#model;
    const shown = values.map((value, at) => shownValue(plan, columns[at] as string, value));
    throw new EntityNotFoundError({ entity: plan.name, columns, values: shown });
  }

  #invalidArgument(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#model.plan.name, problem, hint);
  }
}

type PastOptions<Tx> = UntypedReadOptions<Tx> & { readonly asOf?: AsOf | undefined };

type ConditionOptions<Tx> = UntypedReadOptions<Tx> & { readonly where?: WhereOf<AnyEntity> };
