import type { AnyTopic, JsonObject } from "@annals/core";
import { withoutPersonal } from "@annals/core/adapter";
import { qualify } from "@annals/kysely-adapter/schema";
import { sql } from "kysely";
import type { AnyDatabase } from "../config/open-database.ts";

/** The first stored event of every type and version of an entity or a topic. Reads its whole events table once. */
export const storedSamples = async (
  db: AnyDatabase,
  schema: string,
  { plan }: AnyTopic,
): Promise<readonly JsonObject[]> => {
  const table = sql.raw(qualify(schema, plan.eventsTable));
  const { rows } = await sql<{ event: JsonObject }>`
    select event from ${table} where position in (
      select min(position) from ${table} group by event_type, event_version
    )`.execute(db.withoutPlugins());
  return rows.map(({ event }) => withoutPersonal(event));
};
