import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import { type Answer, DeferredBegin } from "./deferred-begin.ts";
import { atOnce, type Call, callsIn, canPipeline, type Pipelining } from "./flight.ts";
import { makeSettings, scopedText } from "./scope-settings.ts";
import { isConnectionLost, isReportedByServer, wasNeverSent } from "./sqlstate.ts";
import { type OwnStatement, ownStatement } from "./statement.ts";
import { TransactionTracker } from "./transaction-tracker.ts";
import { typeParsers } from "./type-parsers.ts";

/** The parts of `pg.Pool` that are used, so that `pg` itself is not imported. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  end(): Promise<void>;
  readonly options?: object;
  on?(event: "error", listener: () => void): unknown;
  on?(event: "connect", listener: (client: PgPoolClient) => void): unknown;
}

export interface PgPoolClient {
  query(text: string | object, values?: unknown[]): Promise<{ readonly rows: readonly object[] }>;
  release(destroy?: boolean | Error): void;
  on?(event: "error", listener: () => void): unknown;
}

export interface AnnalsPoolOptions {
  /**
   * Whether our statements run as named prepared statements. Turn it off behind a pooler that hands a
   * connection to another client after each transaction and does not track prepared statements.
   * Default is `true`; without it an append costs about twice as much.
   */
  readonly prepare?: boolean;
}

/**
 * Wraps a `pg.Pool` for Kysely's `PostgresDialect`, so that Annals' own statements are prepared once
 * for each connection and read with their own type parsers, and the end of every transaction is
 * known. Other queries pass through untouched.
 *
 * @example new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString })) })
 */
export const annalsPool = (pool: PgPool, options: AnnalsPoolOptions = {}): PostgresPool => {
  const { prepare = true } = options;
  surviveLostConnections(pool);
  // A new connection may break in the very moment in which it is handed out.
  pool.on?.("connect", surviveLostConnections);
  const clients = new WeakMap<PgPoolClient, TrackedClient>();
  const tracked = (client: PgPoolClient): TrackedClient => {
    const known = clients.get(client);
    if (known !== undefined) return known;
    const made = new TrackedClient(client, prepare);
    clients.set(client, made);
    return made;
  };
  const { Client } = pool as Partial<PostgresPool>;
  return {
    connect: async () => tracked(await pool.connect()),
    end: () => pool.end(),
    options: pool.options ?? {},
    ...(Client && { Client }),
  };
};

/**
 * A connection may break while no statement runs on it: idle in the pool, or in a transaction that is
 * waiting for its program. pg emits that as an event, which ends the process when nobody listens. The
 * next statement fails just as well, and where it is awaited.
 */
const surviveLostConnections = (connection: PgPool | PgPoolClient): void => {
  connection.on?.("error", () => {});
};

/**
 * How the rows of our own statements tell what happened on the connection they came from: Kysely hands
 * on nothing else of a result. A property, which costs less than an entry in a WeakMap for each statement.
 */
const TRACKER: unique symbol = Symbol("annals.tracker");

interface TrackedRows {
  [TRACKER]?: TransactionTracker;
}

/** The tracker of the connection that returned these rows; `undefined` for a pool of another kind. */
export const trackerOf = (rows: readonly unknown[]): TransactionTracker | undefined =>
  (rows as TrackedRows)[TRACKER];

/** The ways in which a client is asked here. */
interface QueryingClient extends PgPoolClient, Pipelining {
  readonly processID: number;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(config: object, values?: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(
    text: string,
    values: readonly unknown[] | undefined,
  ): Promise<PostgresQueryResult<R> | PostgresQueryResult<R>[]>;
}

class TrackedClient implements PostgresPoolClient {
  readonly #client: QueryingClient;
  readonly #prepare: boolean;
  readonly #tracker = new TransactionTracker();
  readonly #begin = new DeferredBegin(() => this.#client.query("begin", undefined));

  constructor(client: PgPoolClient, prepare: boolean) {
    surviveLostConnections(client);
    this.#client = client as QueryingClient;
    this.#prepare = prepare;
  }

  get processID(): number {
    return this.#client.processID;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    sql: string | PostgresCursor<R>,
    parameters?: readonly unknown[],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof sql !== "string") {
      // The client sends what was asked first.
      this.#begin.sent()?.catch(() => {});
      return this.#client.query(sql);
    }
    const answer = this.#begin.answer(sql, this.#tracker.isOpen);
    if (answer !== undefined) return this.#answered(sql, answer);
    const beginning = this.#begin.sent();
    return beginning === undefined
      ? this.#run(sql, parameters)
      : beginning.then(() => this.#run(sql, parameters));
  }

  #run<R>(
    sql: string,
    parameters: readonly unknown[] | undefined,
  ): Promise<PostgresQueryResult<R>> {
    const own = ownStatement(sql);
    if (own !== undefined) return this.#runOurs(sql, parameters, own);
    const calls = callsIn(sql, parameters);
    if (calls !== undefined) return this.#fly<R>(calls);
    const scoped = scopedText(sql);
    return scoped === undefined
      ? this.#passOn(sql, parameters)
      : this.#runWithin(scoped.names, scoped.sql, parameters ?? []);
  }

  release(destroy?: boolean): void {
    // A transaction that nobody ended must not take in what the next user of the connection writes.
    const isLeftOpen = this.#tracker.isOpen && !this.#begin.isUnsent;
    if (this.#tracker.isOpen) this.#tracker.end("rolledBack");
    this.#begin.forget();
    this.#client.release(isLeftOpen || destroy);
  }

  async #answered<R>(sql: string, answer: Answer): Promise<PostgresQueryResult<R>> {
    this.#tracker.succeeded(sql, [answer.command]);
    return this.#ours(answer);
  }

  /** A result that was made here. */
  #ours<R>({ command, rows }: Answer): PostgresQueryResult<R> {
    const tracked = Object.assign([...rows] as R[], { [TRACKER]: this.#tracker });
    return { command, rowCount: rows.length, rows: tracked } as PostgresQueryResult<R>;
  }

  async #passOn<R>(
    sql: string,
    parameters: readonly unknown[] | undefined,
  ): Promise<PostgresQueryResult<R>> {
    const result = await this.#client.query<R>(sql, parameters).catch((error: unknown) => {
      throw this.#failed(sql, error);
    });
    // A text of several statements without parameters gives a result for each.
    const results = Array.isArray(result) ? result : [result];
    this.#tracker.succeeded(
      sql,
      results.map(({ command }) => command),
    );
    return result as PostgresQueryResult<R>;
  }

  async #runOurs<R>(
    text: string,
    values: readonly unknown[] | undefined,
    own: OwnStatement | undefined = ownStatement(text),
  ): Promise<PostgresQueryResult<R>> {
    const prepared = this.#prepare ? own?.prepared : undefined;
    // pg copies at every call, by their descriptors, what properties a query has of its own: 1.8 µs for these.
    const query: object = Object.create(prepared ?? { text, types: typeParsers });
    try {
      const result = await this.#client.query<R>(query, values);
      (result.rows as TrackedRows)[TRACKER] = this.#tracker;
      return result;
    } catch (error) {
      throw this.#failed(text, error);
    }
  }

  /** Makes settings first, and what needs them in the same transaction, with all on their way at once. */
  async #runWithin<R>(
    names: readonly string[],
    sql: string,
    parameters: readonly unknown[],
  ): Promise<PostgresQueryResult<R>> {
    const values = parameters.slice(0, -names.length);
    const isOpen = this.#tracker.isOpen;
    const setting = makeSettings(names);
    const steps: readonly (() => Promise<unknown>)[] = [
      ...(isOpen ? [] : [() => this.#client.query({ text: "begin" })]),
      () => this.#runOurs(setting.sql, parameters.slice(-names.length)),
      () => this.#runOurs<R>(sql, values),
      ...(isOpen ? [] : [() => this.#client.query({ text: "commit" })]),
    ];
    const results = await this.#inFlight(steps, isOpen);
    return results[isOpen ? 1 : 2] as PostgresQueryResult<R>;
  }

  /** Each is a statement of its own, with a snapshot of its own. Its rows are the rows of each. */
  async #fly<R>(calls: readonly Call[]): Promise<PostgresQueryResult<R>> {
    const steps = calls.map(
      ([{ sql }, parameters]) =>
        () =>
          this.#runOurs<unknown>(sql, parameters),
    );
    const results = await this.#inFlight(steps, true);
    const rows = results.map((result) => result.rows);
    return this.#ours({ command: "SELECT", rows });
  }

  /** Sends all before the first has been answered, where the client can. */
  #inFlight<Result>(
    steps: readonly (() => Promise<Result>)[],
    isOpen: boolean,
  ): Promise<readonly Result[]> {
    return canPipeline(this.#client) ? atOnce(this.#client, steps) : this.#inTurn(steps, isOpen);
  }

  async #inTurn<Result>(
    steps: readonly (() => Promise<Result>)[],
    isOpen: boolean,
  ): Promise<readonly Result[]> {
    const results: Result[] = [];
    try {
      for (const step of steps) results.push(await step());
      return results;
    } catch (error) {
      // What failed on a connection that is gone has nothing left to undo, and its error is the one to tell.
      if (!isOpen) await this.#client.query({ text: "rollback" }).catch(() => {});
      throw error;
    }
  }

  /** Takes note of a text that failed, and gives its error back. */
  #failed(sql: string, error: unknown): unknown {
    this.#tracker.failed(sql, howFailed(error));
    return error;
  }
}

const howFailed = (error: unknown): "refused" | "lost" | "uncertain" => {
  if (isReportedByServer(error) || wasNeverSent(error)) return "refused";
  return isConnectionLost(error) ? "lost" : "uncertain";
};
