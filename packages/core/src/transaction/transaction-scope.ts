import type { WriteEnd } from "../decide/pending-write.ts";
import { TransactionUnusableError } from "../errors/transaction-errors.ts";
import { type Clock, systemClock } from "../port/clock.ts";
import type { Durability } from "../port/rows.ts";
import type { CommitHook } from "./commit-hook.ts";
import { HookList, type ReportHookError } from "./hook-list.ts";
import type { TransactionHooks } from "./transaction-hooks.ts";

/** What a store does to have savepoints. */
export interface Savepoints {
  /** A handle of its own on the transaction, for what runs in a savepoint. */
  handle(): object;
  set(name: string): Promise<void>;
  release(name: string): Promise<void>;
  rollBackTo(name: string): Promise<void>;
}

/** How a transaction was opened. */
export interface TransactionParts {
  readonly savepoints: Savepoints;
  /** The clock that the transaction was given; default is the process's. */
  readonly clock: Clock | undefined;
  readonly report: ReportHookError;
  /** Whether its opener will call `commit` and `end`; otherwise nobody sees it end. */
  readonly isOurs: boolean;
}

const scopes = new WeakMap<object, TransactionScope<unknown>>();

/** What is known of a transaction by its handle; `undefined` for one that no store opened. */
export const scopeOf = (tx: object): TransactionScope<unknown> | undefined => scopes.get(tx);

/**
 * An open transaction, or one savepoint in it: its hooks, its entities' listeners, and whether anything
 * may be done through its handle. The store does the rest.
 *
 * @typeParam Tx the handle, which is given the members of `TransactionHooks`.
 */
export class TransactionScope<Tx> {
  readonly tx: Tx;
  /** The time to record events with; `undefined` leaves it to the repository or the store. */
  readonly recordedAt: Date | undefined;
  readonly #parts: TransactionParts;
  readonly #depth: number;
  readonly #startedAt: number;
  readonly #hooks = new HookList<Tx>();
  readonly #endListeners: ((end: WriteEnd) => void)[] = [];
  #inner: TransactionScope<Tx> | undefined;
  /** Where what belonged here went when the savepoint was released. */
  #keptBy: TransactionScope<Tx> | undefined;
  /** Whether nothing can be done in it any more. */
  #isOver = false;
  #end: WriteEnd | undefined;
  #refusal: { readonly error: unknown } | undefined;

  constructor(handle: object, parts: TransactionParts, outer?: TransactionScope<Tx>) {
    this.#parts = parts;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
    this.#startedAt =
      outer === undefined ? (parts.clock ?? systemClock).now().getTime() : outer.#startedAt;
    this.recordedAt = parts.clock && new Date(this.#startedAt);
    this.tx = Object.defineProperties(handle, this.#members()) as Tx;
    scopes.set(handle, this as TransactionScope<unknown>);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether anything runs at its end. */
  get hasHooks(): boolean {
    return !this.#hooks.isEmpty;
  }

  /** @throws TransactionUnusableError when nothing can be done through this handle now. */
  check(operation: string): void {
    if (this.#isOver) throw new TransactionUnusableError("over", operation);
    if (this.#inner) throw new TransactionUnusableError("savepoint-open", operation);
  }

  /** How durable what is written here is, where the store does not know better. */
  get durability(): Durability {
    if (!this.#isWatched) return { kind: "unknown" };
    return { kind: "open", onEnd: (listener) => this.#listen(listener) };
  }

  /** Takes it that the transaction, or the savepoint, must not be kept. */
  refuse(error: unknown): void {
    this.#refusal ??= { error };
  }

  /**
   * Runs the hooks before the commit, which the store has to make next.
   *
   * @throws what a hook throws, and what the transaction was refused with.
   */
  async commit(): Promise<void> {
    this.#checkKept("commit");
    await this.#hooks.beforeCommit(this.tx);
    this.#checkKept("commit");
    this.close();
  }

  /** Lets nothing more in. What nobody awaited would else run after the end, on its own. */
  close(): void {
    this.#isOver = true;
    this.#inner?.close();
  }

  /** Takes the end of the transaction, tells entities, and runs the hooks after it. */
  async end(how: WriteEnd): Promise<void> {
    this.close();
    this.#end = how;
    await this.#inner?.end(how);
    // The latest first: each gives back to where it began.
    for (const listener of this.#endListeners.splice(0).reverse()) listener(how);
    if (how === "committed") await this.#hooks.afterCommit(this.#parts.report);
    else await this.#hooks.onRollback(how, this.#parts.report);
  }

  async #savepoint<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    this.check("savepoint");
    const { savepoints } = this.#parts;
    const inner = new TransactionScope<Tx>(savepoints.handle(), this.#parts, this);
    const name = `annals_${inner.#depth}`;
    this.#inner = inner;
    try {
      await savepoints.set(name);
      const result = await this.#inSavepoint(name, inner, () => work(inner.tx));
      this.#absorb(inner);
      return result;
    } finally {
      inner.close();
      this.#inner = undefined;
    }
  }

  async #inSavepoint<Result>(
    name: string,
    inner: TransactionScope<Tx>,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      const result = await work();
      inner.#checkKept("savepoint");
      await this.#parts.savepoints.release(name);
      return result;
    } catch (error) {
      await this.#rollBack(name, inner, error);
      throw error;
    }
  }

  async #rollBack(name: string, inner: TransactionScope<Tx>, error: unknown): Promise<void> {
    // The transaction around it has ended already, and this with it.
    if (inner.#isOver) return;
    inner.close();
    try {
      await this.#parts.savepoints.rollBackTo(name);
    } catch {
      // What is undone is not known now, but the transaction's end will tell, and must be a rollback.
      this.refuse(error);
      this.#absorb(inner);
      return;
    }
    await inner.end("rolledBack");
  }

  /** Also what nobody awaited, and so finishes late, is told how it ended. */
  #listen(listener: (end: WriteEnd) => void): void {
    if (this.#end) listener(this.#end);
    else if (this.#keptBy) this.#keptBy.#listen(listener);
    else if (this.#isWatched) this.#endListeners.push(listener);
    else listener("unknown");
  }

  /** Takes over what belonged to a savepoint that is kept. */
  #absorb(inner: TransactionScope<Tx>): void {
    inner.#keptBy = this;
    for (const listener of inner.#endListeners.splice(0)) this.#listen(listener);
    try {
      this.#hooks.absorb(inner.#hooks);
    } catch (error) {
      this.refuse(error);
      throw error;
    }
  }

  get #isWatched(): boolean {
    return this.#parts.isOurs || this.#depth > 0;
  }

  #checkKept(operation: string): void {
    if (this.#refusal) throw this.#refusal.error;
    this.check(operation);
  }

  #add<Data>(operation: string, hook: CommitHook<Data, Tx>, data: Data): void {
    this.check(operation);
    if (!this.#parts.isOurs) throw new TransactionUnusableError("not-ours", operation);
    this.#hooks.add(hook, data);
  }

  #members(): PropertyDescriptorMap {
    const members: Omit<TransactionHooks<Tx>, "now"> = {
      beforeCommit: (hook) =>
        this.#add("beforeCommit", { beforeCommit: (_, tx: Tx) => hook(tx) }, undefined),
      afterCommit: (hook) => this.#add("afterCommit", { afterCommit: () => hook() }, undefined),
      onRollback: (hook) =>
        this.#add("onRollback", { onRollback: (_, end) => hook(end) }, undefined),
      addHook: (hook, data) => this.#add("addHook", hook, data),
      savepoint: (work) => this.#savepoint(work),
    };
    return {
      // A date can be changed, so that each asker gets one of its own.
      now: { get: () => new Date(this.#startedAt) },
      ...Object.fromEntries(Object.entries(members).map(([name, value]) => [name, { value }])),
    };
  }
}
