import {
  type AnyEntity,
  createStoreRepository,
  type Repository,
  type RepositoryOptions,
} from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import { type KyselyStoreOptions, kyselyStore } from "./kysely-store.ts";

/**
 * Opens the repository of an entity on PostgreSQL. Its statements are compiled here, once.
 *
 * The tables are looked for in the schema that `db.withSchema()` names, or in `public`. Plugins of the
 * instance do not touch what is stored.
 *
 * @throws InvalidDefinitionError when another definition already uses the same tables on this database.
 */
export const createRepository = <Definition extends AnyEntity, DB>(
  definition: Definition,
  options: RepositoryOptions & KyselyStoreOptions & { readonly db: Kysely<DB> },
): Repository<Definition, Transaction<DB>> =>
  createStoreRepository(definition, kyselyStore(options.db, options), options);
