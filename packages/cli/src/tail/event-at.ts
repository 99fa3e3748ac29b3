import type { AnyTopic, JsonObject } from "@annals/core";
import { model } from "@annals/core/adapter";
import { qualify } from "@annals/kysely-adapter/schema";
import { sql } from "kysely";
import type { LoadedConfig } from "../config/load-config.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { newestOf } from "./shown-parts.ts";

/**
 * What an event whose position is known says, in the newest shape; `undefined` when the project does not
 * know its topic. Waits for no writer, as a reader of what is new has to.
 */
export const eventAt = async (
  db: AnyDatabase,
  { entities, topics, schema }: LoadedConfig,
  name: string,
  position: number,
): Promise<readonly JsonObject[] | undefined> => {
  const topic = [...entities, ...topics].find((one: AnyTopic) => one.name === name);
  if (topic === undefined) return undefined;
  const { kind, eventsTable } = topic.plan;
  const place = sql.raw(
    kind === "entity" ? "id::text as id, sequence" : "key as id, 0 as sequence",
  );
  const { rows } = await sql<{ id: string; sequence: number; event: JsonObject }>`
    select ${place}, event from ${sql.raw(qualify(schema, eventsTable))}
    where position = ${position}::bigint`.execute(db.withoutPlugins());
  return rows.flatMap(({ event, ...at }) =>
    newestOf(topic[model], { ...at, position, body: event }),
  );
};
