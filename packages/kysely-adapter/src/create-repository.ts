import type {
  AnyEntity,
  CallOptions,
  RepositoryHooks,
  RepositoryOptions,
  TransactionDemand,
} from "@annals/core";
import { checkJoins, instrumented, openRepository, type Visibility } from "@annals/core/adapter";
import type { Kysely, Transaction } from "kysely";
import type { AnnalsTransaction } from "./connection/annals-transaction.ts";
import { Database } from "./connection/database.ts";
import type { KyselyRepositoryFor } from "./kysely-repository.ts";
import { type KyselyStoreOptions, kyselyStore } from "./kysely-store.ts";
import { type InlineProjection, projectInline } from "./projections/projection-type.ts";
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
  const { repository, toEntities } = openRepository(
    definition,
    kyselyStore(options.db, options),
    projecting(definition, database, options),
  );
  const read = entityQuery(database, entityTableNames(definition.plan, database.schema));
  const query = async (build: BuildQuery<DB>, call?: CallOptions<Transaction<DB>> & Visibility) => {
    if (options.requireTransaction) checkJoins(definition.name, call?.tx);
    return toEntities(await read(build, call?.tx, call));
  };
  const extended = Object.assign(
    {},
    repository,
    instrumented(definition.plan, options.instrument, { query }),
  );
  Object.freeze(extended);
  return extended as KyselyRepositoryFor<Definition, DB, Demand>;
};

type AppendHooks<Definition extends AnyEntity, DB> = RepositoryHooks<
  Definition,
  AnnalsTransaction<DB>
>;

/** The options with a hook that writes the projections and calls the one that was given. */
const projecting = <Definition extends AnyEntity, DB, Options extends AppendHooks<Definition, DB>>(
  { name }: Definition,
  { identity, schema }: Database<DB>,
  options: Options & { readonly projections?: readonly InlineProjection<Definition["name"]>[] },
): Options => {
  const writers = options.projections?.map((projection) => projection[projectInline]) ?? [];
  for (const writer of writers) writer.checkBelongs(identity, schema, name);
  if (writers.length === 0) return options;
  const onAppended: AppendHooks<Definition, DB>["onAppended"] = async (tx, entity, events) => {
    for (const writer of writers) await writer.write(tx, name, entity.id, events);
    await options.onAppended?.(tx, entity, events);
  };
  return { ...options, onAppended };
};
