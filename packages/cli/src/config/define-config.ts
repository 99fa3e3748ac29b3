import type { AnyEntity, AnyPublishedTopic, KeyProvider } from "@annals/core";
import type { ProjectionTables } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";

/** What the command line has to know of a project. */
export interface AnnalsConfig<DB = unknown> {
  /** The project's entities. */
  readonly entities: readonly AnyEntity[];
  /** Its topics of their own. */
  readonly topics?: readonly AnyPublishedTopic[];
  /** Its projections, opened on the database that it is given: `(db) => [signupsPerDay(db)]`. */
  readonly projections?: (db: Kysely<DB>) => readonly ProjectionTables[];
  /**
   * Where the database is: a connection string, or a function that opens a Kysely instance, for a pool
   * with settings of its own. Default is the environment's `DATABASE_URL`.
   */
  readonly database?: string | (() => Kysely<DB> | Promise<Kysely<DB>>) | undefined;
  /** Who holds the keys of personal values, where a definition has any. */
  readonly keys?: KeyProvider;
  /** The PostgreSQL schema of the entities' tables. Default is `public`. */
  readonly schema?: string;
  /** The folder of the project's migrations, relative to the configuration. Default is `migrations`. */
  readonly migrations?: string;
  /** Tells applications that share a database apart. Default is `app`. */
  readonly application?: string;
}

/** Types the configuration that `annals.config.ts` exports as its default. */
export const defineConfig = <DB>(config: AnnalsConfig<DB>): AnnalsConfig<DB> => config;
