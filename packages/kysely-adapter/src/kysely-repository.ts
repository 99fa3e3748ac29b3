import type {
  AnyEntity,
  EntityOf,
  InTransaction,
  PerScope,
  ReadOptions,
  Repository,
  TransactingRepository,
} from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import type { BuiltQuery } from "./store/entity-query.ts";

/** A repository on PostgreSQL, which also takes queries of your own. */
export type KyselyRepository<Definition extends AnyEntity, DB> = Repository<
  Definition,
  Transaction<DB>
> &
  QueryMethods<Definition, DB>;

/** The same, opened with `requireTransaction`: every call is given `{ tx }`. */
export type KyselyTransactingRepository<Definition extends AnyEntity, DB> = TransactingRepository<
  Definition,
  Transaction<DB>
> &
  TransactingQuery<Definition, DB>;

interface TransactingQuery<Definition extends AnyEntity, DB> {
  /** As in other repositories; the query is built on the transaction. */
  query<Output>(
    build: (db: Kysely<DB>) => BuiltQuery<Output> & CheckSelectsId<Output>,
    options: ReadOptions<Definition, Transaction<DB>> & InTransaction<Transaction<DB>>,
  ): Promise<EntityOf<Definition>[]>;
}

/** The repository that the options ask for. */
export type KyselyRepositoryFor<
  Definition extends AnyEntity,
  DB,
  Demand extends boolean,
> = PerScope<
  Definition,
  Demand extends true
    ? KyselyTransactingRepository<Definition, DB>
    : KyselyRepository<Definition, DB>
>;

export interface QueryMethods<Definition extends AnyEntity, DB> {
  /**
   * The entities whose ids a query of yours yields, in its order, in one round trip. An entity that it
   * yields several times comes once, at its first place; an id of no entity is left out.
   *
   * What the query yields is what is read: give it a `limit()`. Deleted entities are left out of it
   * afterwards, unless `includeDeleted` is given.
   *
   * @param build returns a query that selects the entity's id as `id`, without executing it. It gets
   * your instance, or the transaction that was passed.
   * @throws InvalidArgumentError for something that is no query; DatabaseError, StoredEventError. What
   * `build` throws reaches you as it is.
   * @example
   * const big = await users.query((db) =>
   *   db
   *     .selectFrom("users")
   *     .innerJoin("orders", "orders.customer_id", "users.id")
   *     .where("orders.is_large", "=", true)
   *     .orderBy("orders.placed_at", "desc")
   *     .limit(20)
   *     .select("users.id"),
   * );
   */
  query<Output>(
    build: (db: Kysely<DB>) => BuiltQuery<Output> & CheckSelectsId<Output>,
    options?: ReadOptions<Definition, Transaction<DB>>,
  ): Promise<EntityOf<Definition>[]>;
}

/** Reports a query without the column that tells which entities it means. */
type CheckSelectsId<Output> = [Output] extends [{ readonly id: string }]
  ? unknown
  : { "the query must select the entity's id, as a string in a column named id": never };
