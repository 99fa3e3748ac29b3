import { topicTables } from "@annals/kysely-adapter/schema";
import type { LoadedConfig } from "../config/load-config.ts";
import { entityChanges } from "./changed-entity.ts";
import { topicChanges } from "./changed-topic.ts";
import type { SchemaChange } from "./schema-change.ts";
import type { SchemaLock } from "./schema-lock.ts";

/** The changes that lead from what the migrations make to what the definitions need. */
export const schemaChanges = (
  before: SchemaLock,
  after: SchemaLock,
  { topics, schema }: Pick<LoadedConfig, "topics" | "schema">,
): readonly SchemaChange[] => [
  ...entityChanges(before, after),
  ...topicChanges(before, after, (name) =>
    topics.filter((one) => one.name === name).flatMap((one) => topicTables(one, { schema })),
  ),
];
