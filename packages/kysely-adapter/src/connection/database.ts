import { AsyncLocalStorage } from "node:async_hooks";
import { InvalidArgumentError, TransactionNotJoinedError } from "@annals/core";
import { type Durability, isJoined, type Join, scopeOf } from "@annals/core/adapter";
import { type Kysely, PGliteAdapter, type QueryResult, type Transaction } from "kysely";
import { trackerOf } from "./annals-pool.ts";
import { HAS_BEGUN } from "./deferred-begin.ts";
import { type Call, FLIGHT } from "./flight.ts";
import { schemaOf } from "./schema-name.ts";
import { makeSettings, type ScopeSettings, withinScope } from "./scope-settings.ts";
import type { Statement } from "./statement.ts";

/** A transaction of ours that is running somewhere up the call stack. */
interface RunningTransaction {
  readonly identity: object;
  readonly scope: { readonly isOver: boolean };
}

const running = new AsyncLocalStorage<RunningTransaction>();

/** Runs `work` as part of a transaction that repositories of the same database must be told about. */
export const runningTransaction = <Result>(
  transaction: RunningTransaction,
  work: () => Promise<Result>,
): Promise<Result> => running.run(transaction, work);

/** What all instances that derive from one `new Kysely()` have in common. */
export const identityOf = <DB>(db: Kysely<DB>): object => db.getExecutor().adapter;

/** The rows of one of our statements, and how durable what it wrote is. */
export interface Outcome<Row> {
  readonly rows: readonly Row[];
  readonly durability: Durability;
}

const COMMITTED: Durability = { kind: "committed" };
const UNKNOWN: Durability = { kind: "unknown" };

const warned = new WeakSet<object>();

/** Whether the pool of a database is ours, as far as it is known. */
const pooledByUs = new WeakMap<object, boolean>();

/** Runs our statements on a user's Kysely instance, free of its plugins. */
export class Database<DB> {
  readonly identity: object;
  /** The schema that the entities' tables are in. */
  readonly schema: string;
  /** The instance as the user gave it, plugins and all. */
  readonly db: Kysely<DB>;

  constructor(db: Kysely<DB>) {
    this.identity = identityOf(db);
    this.schema = schemaOf(db);
    this.db = db;
  }

  /**
   * @param operation the repository's call, for the error when it forgot to join a transaction.
   * @param settings what the transaction is told before, where policies of the database ask for it.
   * @throws TransactionNotJoinedError
   */
  async run<Row>(
    statement: Statement,
    parameters: readonly unknown[],
    join: Join<Transaction<DB>>,
    operation: readonly [entity: string, call: string],
    settings?: ScopeSettings,
  ): Promise<Outcome<Row>> {
    if (join === undefined) this.checkNotForgotten(operation);
    const joined = this.joined(join, operation);
    const on = joined ?? this.db;
    const { rows } =
      settings === undefined
        ? await this.#execute<Row>(on, statement, parameters)
        : await this.#executeWithin<Row>(settings, on, statement, parameters);
    const tracker = trackerOf(rows);
    if (tracker === undefined) this.#warnOnce();
    // Also when nobody passed a transaction: the instance itself may be one, or hold a connection.
    if (tracker?.isOpen) {
      return { rows, durability: { kind: "open", onEnd: (end) => tracker.onEnd(end) } };
    }
    if (joined === undefined) {
      return { rows, durability: this.db.isTransaction ? UNKNOWN : COMMITTED };
    }
    return { rows, durability: scopeOf(join as object)?.durability ?? UNKNOWN };
  }

  /** @throws TransactionNotJoinedError when a call that joins none is made inside a running one. */
  checkNotForgotten(operation: readonly [entity: string, call: string]): void {
    const current = running.getStore();
    if (current?.identity !== this.identity || current.scope.isOver) return;
    throw new TransactionNotJoinedError(...operation);
  }

  /**
   * The transaction that a call takes part in, plugins and all.
   *
   * @throws InvalidArgumentError for something that is no transaction.
   * @throws TransactionUnusableError for one that can take nothing in now.
   */
  joined(
    join: Join<Transaction<DB>>,
    [entity, call]: readonly [entity: string, call: string],
  ): Transaction<DB> | undefined {
    if (!isJoined(join)) return undefined;
    // What callers without types pass may be an instance that is in no transaction.
    if (join?.isTransaction === true) {
      scopeOf(join)?.check(`${entity}.${call}`);
      return join;
    }
    throw new InvalidArgumentError(
      entity,
      "tx is not a transaction",
      "Pass what transaction() or db.transaction() handed to your function.",
    );
  }

  /**
   * Runs statements one after another, each on its own and with a snapshot of its own, all on their way at once
   * where the pool is ours.
   *
   * @returns the rows of each.
   */
  async fly(calls: readonly Call[]): Promise<readonly (readonly object[])[]> {
    if (pooledByUs.get(this.identity) === true) {
      return (await this.#execute<readonly object[]>(this.db, FLIGHT, calls)).rows;
    }
    const rows: (readonly object[])[] = [];
    for (const [each, parameters] of calls) {
      rows.push((await this.#execute<object>(this.db, each, parameters)).rows);
    }
    this.#notePool(rows[0] ?? []);
    return rows;
  }

  /** Whether a transaction has sent anything. On another pool than ours that is not known, and counts as sent. */
  async hasBegun(tx: Transaction<DB>): Promise<boolean> {
    if (pooledByUs.get(this.identity) === false) return true;
    const { rows } = await this.#execute<{ has_begun: boolean }>(tx, HAS_BEGUN, []);
    this.#notePool(rows);
    return rows[0]?.has_begun !== false;
  }

  /** Our own pool sends the settings ahead by itself; others need a transaction around both. */
  async #executeWithin<Row>(
    settings: ScopeSettings,
    on: Kysely<DB>,
    statement: Statement,
    parameters: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    if (await this.#isPooledByUs(on, settings)) {
      const text = withinScope(statement.sql, settings);
      return this.#execute<Row>(on, { ...statement, sql: text }, [
        ...parameters,
        ...settings.values,
      ]);
    }
    const both = async (tx: Kysely<DB>): Promise<QueryResult<Row>> => {
      await this.#execute(tx, makeSettings(settings.names), settings.values);
      return this.#execute<Row>(tx, statement, parameters);
    };
    return on.isTransaction ? both(on) : on.transaction().execute(both);
  }

  /** Asked once, by a statement that leaves nothing behind: a pool of ours marks what it returns. */
  async #isPooledByUs(on: Kysely<DB>, { names, values }: ScopeSettings): Promise<boolean> {
    const known = pooledByUs.get(this.identity);
    if (known !== undefined) return known;
    const { rows } = await this.#execute(on, makeSettings(names), values);
    return this.#notePool(rows);
  }

  /** Whether the pool is ours, as rows of one of our statements tell. */
  #notePool(rows: readonly unknown[]): boolean {
    const isOurs = trackerOf(rows) !== undefined;
    pooledByUs.set(this.identity, isOurs);
    return isOurs;
  }

  /** On a connection itself, which knows of no plugins: what the executor would do for them is done for nothing. */
  #execute<Row>(
    on: Kysely<DB>,
    { sql, node, queryId }: Statement,
    parameters: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    const query = { sql, parameters, query: node, queryId };
    return on.getExecutor().provideConnection((connection) => connection.executeQuery<Row>(query));
  }

  #warnOnce(): void {
    if (warned.has(this.identity) || this.identity instanceof PGliteAdapter) return;
    warned.add(this.identity);
    process.emitWarning("Statements of Annals run unprepared, at about half the speed.", {
      code: "ANNALS_UNPREPARED",
      detail: "Wrap the pool: new PostgresDialect({ pool: annalsPool(new pg.Pool({ … })) })",
    });
  }
}
