import { entityWrite, refusal } from "../append/entity-write.ts";
import type { Ambient } from "../decide/ambient.ts";
import { decideCreation } from "../decide/decide.ts";
import { entityFactory, historyOf } from "../decide/entity.ts";
import type { History, PendingWrite } from "../decide/history.ts";
import { uuidV7Source } from "../decide/uuid-v7.ts";
import { type AnyEntity, model as modelKey } from "../define/entity-definition.ts";
import type { EntityModel } from "../define/entity-model.ts";
import type { UniquePlan } from "../define/entity-plan.ts";
import { type JsonValue, NotJsonError } from "../define/json-value.ts";
import { ConcurrentModificationError, OutcomeUnknownError } from "../errors/append-errors.ts";
import { EntityNotFoundError, InvalidArgumentError } from "../errors/read-errors.ts";
import type { Durability, StoredEntity } from "../port/rows.ts";
import type { EntityStore, Join, Store } from "../port/store.ts";
import { hydrate } from "../read/hydrate.ts";
import { columnMethods } from "./column-methods.ts";
import { listPage, walkPages } from "./list-page.ts";
import type { CallOptions, ListOptions, Page, Repository, WalkOptions } from "./repository-type.ts";
import { type RetryOptions, retried, retryProblem, type Try } from "./transact.ts";
import { predicateOf } from "./where.ts";
import type { WhereOf } from "./where-type.ts";

export interface RepositoryOptions {
  /**
   * The time of decisions; when it is given, also the time that events are recorded with. Default is
   * the process's clock for decisions and the database's for records.
   */
  readonly clock?: () => Date;
  /** Makes ids for new entities and for `newId` in decisions. Default is UUIDv7. */
  readonly newId?: () => string;
}

/**
 * Opens the repository of one definition over a store. Statements are prepared here, once.
 *
 * @throws InvalidDefinitionError when another definition already uses the same tables in this store.
 */
export const createStoreRepository = <Definition extends AnyEntity, Tx>(
  definition: Definition,
  store: Store<Tx>,
  options: RepositoryOptions = {},
): Repository<Definition, Tx> => {
  const model = definition[modelKey];
  const calls = new RepositoryCalls<Tx>(model, store.entity(model.plan), options);
  const methods = {
    create: calls.create,
    update: calls.update,
    transact: calls.transact,
    findById: calls.findById,
    maybeFindById: calls.maybeFindById,
    findAll: calls.findAll,
    list: calls.list,
    pages: calls.pages,
    each: calls.each,
    count: calls.count,
    exists: calls.exists,
    ...columnMethods(model, calls),
  };
  // The generated names are right by construction: both sides derive them from the same columns.
  return Object.freeze(methods) as unknown as Repository<Definition, Tx>;
};

/** The calls behind a repository, free of the user's types. */
class RepositoryCalls<Tx> {
  readonly #model: EntityModel;
  readonly #store: EntityStore<Tx>;
  readonly #ambient: Ambient;
  readonly #recordedAt: (() => Date) | undefined;
  readonly #toEntity: (history: History) => object;

  constructor(model: EntityModel, store: EntityStore<Tx>, options: RepositoryOptions) {
    this.#model = model;
    this.#store = store;
    this.#ambient = {
      now: options.clock ?? (() => new Date()),
      newId: options.newId ?? uuidV7Source(),
    };
    this.#recordedAt = options.clock;
    this.#toEntity = entityFactory(model, this.#ambient);
  }

  readonly create = async (
    input: unknown,
    options?: CallOptions<Tx> & { readonly id?: unknown },
  ): Promise<object> => {
    const history = decideCreation(this.#model, this.#idFor(options?.id), this.#ambient, input);
    const pending = history.beginWrite() as PendingWrite;
    await this.#write(history, pending, options?.tx);
    return this.#toEntity(history);
  };

  readonly update = async (entity: object, options?: CallOptions<Tx>): Promise<number> => {
    const history = historyOf(entity);
    if (history?.model !== this.#model) {
      throw this.#invalidArgument(
        "update() was given something that is no entity of this definition",
        "Pass what create() or a finder of this definition's repository returned.",
      );
    }
    const pending = history.beginWrite();
    if (pending === undefined) return 0;
    await this.#write(history, pending, options?.tx);
    return pending.events.length;
  };

  readonly transact = (
    target: unknown,
    decide: (entity: object) => unknown,
    options: RetryOptions & CallOptions<Tx> = {},
  ): Promise<{ readonly entity: object; readonly result: unknown }> => {
    const call = options.tx === undefined ? {} : { tx: options.tx };
    const find = typeof target === "function" ? target : () => this.findById(target, call);
    const once = async (): Promise<Try<{ readonly entity: object; readonly result: unknown }>> => {
      const entity: object = await find(call);
      const result = await decide(entity);
      try {
        await this.update(entity, call);
        return { kind: "done", result: { entity, result } };
      } catch (error) {
        if (error instanceof ConcurrentModificationError) return { kind: "conflict", error };
        throw error;
      }
    };
    const problem = retryProblem(options);
    if (problem === undefined) return retried(once, options);
    return Promise.reject(this.#invalidArgument(problem, "Leave it out for the default."));
  };

  readonly findById = async (id: unknown, options?: CallOptions<Tx>): Promise<object> =>
    (await this.maybeFindById(id, options)) ?? this.#notFound(["id"], [id]);

  readonly maybeFindById = async (
    id: unknown,
    options?: CallOptions<Tx>,
  ): Promise<object | undefined> => {
    const known = this.#model.parseId(id);
    if (known === undefined) return undefined;
    const [stored] = await this.#store.load([known], options?.tx);
    return stored && this.#hydrate(stored);
  };

  readonly findAll = async (
    ids: Iterable<unknown>,
    options?: CallOptions<Tx>,
  ): Promise<Map<string, object>> => {
    const known = new Set<string>();
    for (const id of ids) {
      const parsed = this.#model.parseId(id);
      if (parsed !== undefined) known.add(parsed);
    }
    if (known.size === 0) return new Map();
    const stored = await this.#store.load([...known], options?.tx);
    return new Map(stored.map((entity) => [entity.id, this.#hydrate(entity)]));
  };

  readonly list = (options: ListOptions<AnyEntity> & CallOptions<Tx> = {}): Promise<Page<object>> =>
    listPage(this.#model, options, async (query) => {
      const listed = await this.#store.list(query, options.tx);
      return listed.map((stored) => ({ item: this.#hydrate(stored), position: stored.position }));
    });

  readonly pages = (
    options: WalkOptions<AnyEntity> & CallOptions<Tx> = {},
  ): AsyncGenerator<Page<object>, void, undefined> =>
    walkPages(options.after, (after) => this.list({ ...options, after }));

  readonly each = async function* (
    this: RepositoryCalls<Tx>,
    options: WalkOptions<AnyEntity> & CallOptions<Tx> = {},
  ): AsyncGenerator<object, void, undefined> {
    for await (const { items } of this.pages(options)) yield* items;
  }.bind(this);

  readonly count = async (options: ConditionOptions<Tx> = {}): Promise<number> =>
    this.#store.count(predicateOf(this.#model, options.where ?? {}), undefined, options.tx);

  readonly exists = async (options: ConditionOptions<Tx> = {}): Promise<boolean> =>
    (await this.#store.count(predicateOf(this.#model, options.where ?? {}), 1, options.tx)) > 0;

  /** Finds by a unique constraint; `values` are in the order of its properties. */
  async maybeFind(
    unique: UniquePlan,
    values: readonly unknown[],
    options?: CallOptions<Tx>,
  ): Promise<object | undefined> {
    const stored = this.#storedValues(unique, values);
    if (stored === undefined) return undefined;
    const found = await this.#store.find(unique.constraint, stored, options?.tx);
    return found && this.#hydrate(found);
  }

  async find(
    unique: UniquePlan,
    values: readonly unknown[],
    options?: CallOptions<Tx>,
  ): Promise<object> {
    const found = await this.maybeFind(unique, values, options);
    return found ?? this.#notFound(unique.properties, values);
  }

  /** What to look for; `undefined` where a value could not be stored, so that no entity has it. */
  #storedValues(unique: UniquePlan, values: readonly unknown[]): JsonValue[] | undefined {
    try {
      return values.map((value, at) => {
        const property = unique.properties[at] as string;
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
      throw error;
    }
  }

  async #write(history: History, pending: PendingWrite, tx: Join<Tx>): Promise<void> {
    const durability = await this.#tryWrite(history, pending, tx);
    const end = history.endWrite(pending);
    if (durability.kind === "open") durability.onEnd(end);
    else end(durability.kind);
  }

  async #tryWrite(history: History, pending: PendingWrite, tx: Join<Tx>): Promise<Durability> {
    try {
      const write = entityWrite(this.#model, history.id, pending, this.#recordedAt?.());
      const result = await this.#store.write(write, tx);
      if (result.kind === "written") return result.durability;
      throw refusal(this.#model, write, result);
    } catch (error) {
      history.failWrite(error instanceof OutcomeUnknownError ? "unknown" : "rolledBack");
      throw error;
    }
  }

  #idFor(given: unknown): string {
    if (this.#model.idSource === "generated") {
      if (given === undefined) return this.#generatedId();
      throw this.#invalidArgument(
        "create() was given an id, but this definition generates ids",
        'Leave it out, or define the entity with idSource: "caller".',
      );
    }
    const id = this.#model.parseId(given);
    if (id !== undefined) return id;
    throw this.#invalidArgument(
      "create() needs an id that fits the definition's id schema",
      "Pass a UUID as { id }.",
    );
  }

  #generatedId(): string {
    const made = this.#ambient.newId();
    if (this.#model.parseId(made) === made) return made;
    throw this.#invalidArgument(
      "newId made an id that does not fit the definition's id schema, or is spelled with capitals",
      "Give the repository a newId that fits, or the definition an id schema that takes UUIDv7.",
    );
  }

  #hydrate(stored: StoredEntity): object {
    return this.#toEntity(hydrate(this.#model, stored));
  }

  #notFound(columns: readonly string[], values: readonly unknown[]): never {
    throw new EntityNotFoundError({ entity: this.#model.plan.name, columns, values });
  }

  #invalidArgument(problem: string, hint: string): InvalidArgumentError {
    return new InvalidArgumentError(this.#model.plan.name, problem, hint);
  }
}

interface ConditionOptions<Tx> extends CallOptions<Tx> {
  readonly where?: WhereOf<AnyEntity>;
}
