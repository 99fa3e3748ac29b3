import type { Entity } from "../decide/entity.ts";
import type { History } from "../decide/history.ts";
import type { PendingWrite } from "../decide/pending-write.ts";
import type { AnyEntity, EventOf } from "../define/entity-definition.ts";
import { EntityHookError } from "../errors/read-errors.ts";
import type { Clock } from "../port/clock.ts";
import { isJoined } from "../port/joined.ts";
import type { Join, Store } from "../port/store.ts";
import { scopeOf } from "../transaction/transaction-scope.ts";

/** An event that was just written, and its number within its entity. */
export interface AppendedEvent<Definition extends AnyEntity> {
  readonly event: EventOf<Definition>;
  readonly sequence: number;
}

/** What a repository calls around its reads and writes. */
export interface RepositoryHooks<Definition extends AnyEntity, Tx> {
  /**
   * Called inside the transaction, after the statement that wrote events of an entity, and awaited. What it
   * throws rolls the transaction back. A call that joins no transaction opens one for it.
   */
  readonly onAppended?: (
    tx: Tx,
    entity: Entity<Definition>,
    events: readonly AppendedEvent<Definition>[],
  ) => unknown;
  /**
   * Called at once with every entity that is read, and with a new one before it is written. What it throws
   * becomes the cause of an EntityHookError, and nobody gets the entity.
   */
  readonly onHydrated?: (entity: Entity<Definition>) => void;
}

/** What one write adds to an entity. */
export interface AllAppended {
  readonly id: string;
  readonly events: readonly { readonly event: object; readonly sequence: number }[];
}

/** For parts of a store: called once for all entities of a write. */
export interface StoreHooks<Tx> {
  /** In the transaction, before anything is written. */
  readonly onAppending?: (tx: Tx, appending: readonly AllAppended[]) => Promise<void>;
  /** After all of it is written, before `onAppended` is called for each entity. */
  readonly onAllAppended?: (tx: Tx, appended: readonly AllAppended[]) => Promise<void>;
}

/** The hooks, free of the user's types. */
export interface UntypedHooks<Tx> extends StoreHooks<Tx> {
  readonly onAppended?: (tx: Tx, entity: object, events: readonly object[]) => unknown;
  readonly onHydrated?: (entity: object) => unknown;
}

/** An entity, and what of it is to be written. */
export interface Appending {
  readonly entity: object;
  readonly history: History;
  readonly pending: PendingWrite;
}

type AppendHooks<Tx> = StoreHooks<Tx> & Pick<UntypedHooks<Tx>, "onAppended">;

/** Runs what writes events, with the hooks around it in one transaction where there is one. */
export class AppendHook<Tx, Opened extends Tx = Tx> {
  readonly #name: string;
  readonly #store: Pick<Store<Tx, Opened>, "transaction" | "opened">;
  readonly #hooks: AppendHooks<Opened>;
  readonly #clock: Clock | undefined;

  constructor(
    name: string,
    store: Pick<Store<Tx, Opened>, "transaction" | "opened">,
    hooks: AppendHooks<Opened>,
    clock: Clock | undefined,
  ) {
    this.#name = name;
    this.#store = store;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  /**
   * @param call the repository's call, for the error when it forgot to join a transaction.
   * @param appending what `write` is about to write; its writes have begun.
   * @param wasWritten whether `write` has written, by what it returned.
   */
  around<Result>(
    call: string,
    join: Join<Tx>,
    appending: readonly Appending[],
    write: (join: Join<Tx>) => Promise<Result>,
    wasWritten: (result: Result) => boolean = () => true,
  ): Promise<Result> {
    const { onAppending, onAppended, onAllAppended } = this.#hooks;
    return (onAppending ?? onAppended ?? onAllAppended) === undefined
      ? write(join)
      : this.#hooked(call, join, appending, write, wasWritten);
  }

  async #hooked<Result>(
    call: string,
    join: Join<Tx>,
    appending: readonly Appending[],
    write: (join: Join<Tx>) => Promise<Result>,
    wasWritten: (result: Result) => boolean,
  ): Promise<Result> {
    const { onAppending } = this.#hooks;
    let hasBegun = false;
    const work = async (tx: Opened): Promise<Result> => {
      await this.#refusing(tx, async () => onAppending?.(tx, appending.map(allOf)));
      hasBegun = true;
      const result = await write(tx);
      if (wasWritten(result)) await this.#refusing(tx, () => this.#tell(tx, appending));
      return result;
    };
    try {
      return await this.#inTransaction(call, join, work);
    } catch (error) {
      if (!hasBegun) for (const { history } of appending) history.failWrite("rolledBack");
      throw error;
    }
  }

  async #tell(tx: Opened, appending: readonly Appending[]): Promise<void> {
    const { onAppended, onAllAppended } = this.#hooks;
    const all = appending.map(allOf);
    await onAllAppended?.(tx, all);
    for (const { entity, events } of all) await onAppended?.(tx, entity, events);
  }

  async #refusing(tx: Opened, tell: () => Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      // Also where the user's own function goes on as if nothing had happened.
      scopeOf(tx as object)?.refuse(error);
      throw error;
    }
  }

  async #inTransaction<Result>(
    call: string,
    join: Join<Tx>,
    work: (tx: Opened) => Promise<Result>,
  ): Promise<Result> {
    if (isJoined(join)) return work(this.#store.opened(join));
    const forgot = join === undefined ? { call: [this.#name, call] as const } : {};
    return this.#store.transaction(work, { entity: this.#name, clock: this.#clock, ...forgot });
  }
}

const allOf = ({ entity, history, pending }: Appending) => {
  const first = pending.expectedVersion + 1;
  const events = history.eventsOf(pending).map((event, at) => ({ event, sequence: first + at }));
  return { entity, id: history.id, events };
};

/** What those who write know of it. */
export type AroundAppend<Tx> = Pick<AppendHook<Tx>, "around">;

/** Makes entities that `onHydrated` has seen. */
export const hydratedBy = (
  name: string,
  toEntity: (history: History) => object,
  onHydrated: UntypedHooks<never>["onHydrated"],
): ((history: History) => object) => {
  if (onHydrated === undefined) return toEntity;
  return (history) => {
    const entity = toEntity(history);
    const failed = (options?: ErrorOptions) =>
      new EntityHookError({ entity: name, id: history.id }, options);
    let returned: unknown;
    try {
      returned = onHydrated(entity);
    } catch (cause) {
      throw failed({ cause });
    }
    if (!(returned instanceof Promise)) return entity;
    // Its own failure would otherwise end the process.
    returned.catch(() => {});
    throw failed({ cause: new TypeError("onHydrated returned a promise, but is not awaited") });
  };
};
