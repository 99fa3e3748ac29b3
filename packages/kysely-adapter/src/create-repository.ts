import type {
  AnyEntity,
  RepositoryHooks,
  RepositoryOptions,
  TransactionDemand,
} from "@annals/core";
import {
  checkJoins,
  type FurtherCalls,
  openRepository,
  type UntypedReadOptions,
} from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { Database } from "./connection/database.ts";
import type { KyselyRepositoryFor } from "./kysely-repository.ts";
import { type KyselyStoreOptions, kyselyStore } from "./kysely-store.ts";
import { inlineHooks } from "./projections/inline-hooks.ts";
import type { InlineProjection } from "./projections/projection-type.ts";
import { entityTableNames } from "./statements/entity-table-names.ts";
import { type BuildQuery, entityQuery } from "./store/entity-query.ts";

/**
 * Opens the repository of an entity on PostgreSQL. Its statements are compiled here, once.
 *
 * The tables are looked for in the schema that `db.withSchema()` names, or in `public`. Plugins of the
 * instance do not touch what is stored.
 *
 * @throws InvalidDefinitionError when another definition already uses the same tables on this database.
 */
export const createRepository = <Definition extends AnyEntity, DB, Demand extends boolean = false>(
  definition: Definition,
  options: RepositoryOptions &
    RepositoryHooks<Definition, AnnalsTransaction<NoInfer<DB>>> &
    TransactionDemand<Demand> &
    KyselyStoreOptions & {
      readonly db: Kysely<DB>;
      /** Projections that are written in the same transaction as the events, before `onAppended`. */
      readonly projections?: readonly InlineProjection<Definition["name"]>[];
    },
): KyselyRepositoryFor<Definition, DB, Demand> => {
  const database = new Database(options.db);
  const read = entityQuery(database, entityTableNames(definition.plan, database.schema));
  const further: FurtherCalls = ({ reading }) => ({
    query: async (build: BuildQuery<DB>, call?: UntypedReadOptions<Transaction<DB>>) => {
      if (options.requireTransaction) checkJoins(definition.name, call?.tx);
      return reading(call as UntypedReadOptions<never>, (seen) => read(build, call?.tx, seen));
    },
  });
  const store = kyselyStore(options.db, options);
  const projected = inlineHooks(definition.name, database, options.projections ?? []);
  return openRepository(
    definition,
    store,
    { ...options, ...projected },
    further,
  ) as KyselyRepositoryFor<Definition, DB, Demand>;
};
