import {
  type AnyPublishedTopic,
  createStoreTopic,
  type MaintainOptions,
  type Maintenance,
  type Topic,
  type TopicOptions,
} from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import { type KyselyStoreOptions, kyselyStore } from "./kysely-store.ts";

/**
 * Opens a topic of its own on PostgreSQL, to publish to it. Its statements are compiled here, once.
 *
 * The tables are looked for in the schema that `db.withSchema()` names, or in `public`.
 *
 * @throws InvalidDefinitionError when another definition already uses the same table on this database.
 */
export const createTopic = <Definition extends AnyPublishedTopic, DB>(
  definition: Definition,
  options: TopicOptions & KyselyStoreOptions & { readonly db: Kysely<DB> },
): Topic<Definition, Transaction<DB>> =>
  createStoreTopic(definition, kyselyStore(options.db, options), options);

/**
 * Maintains several topics, one after the other: see `Topic.maintain`. Meant to be called every minute or
 * so, by as many processes as there are.
 *
 * @throws DatabaseError
 */
export const maintainTopics = async <DB>(
  db: Kysely<DB>,
  definitions: readonly AnyPublishedTopic[],
  options: MaintainOptions & Pick<TopicOptions, "instrument"> = {},
): Promise<readonly Maintenance[]> => {
  const { instrument, ...how } = options;
  const done: Maintenance[] = [];
  for (const definition of definitions) {
    const topic = createTopic(definition, { db, ...(instrument && { instrument }) });
    done.push(await topic.maintain(how));
  }
  return done;
};
