import { AnnalsError } from "@annals/core";
import type { Publication, PublishedPlan, PublishWrite, TopicStore } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { Database } from "../connection/database.ts";
import { databaseError } from "../connection/database-error.ts";
import { WakeUps } from "../connection/wake-ups.ts";
import { latestEvent, type PublishedRow, publishEvents } from "../statements/publish.ts";
import { type TopicRow, toTopicEvent } from "../statements/topic-row.ts";
import { qualify } from "../tables/quote.ts";
import { TopicMaintenance } from "./maintenance.ts";
import { publishFailure } from "./publish-failure.ts";

/** Holds one topic's statements, compiled once, and turns rows and errors into the port's. */
export const topicStore = <DB>(
  database: Database<DB>,
  plan: PublishedPlan,
  lockTimeoutMs: number,
): TopicStore<Transaction<DB>> => {
  const { name } = plan;
  const publish = publishEvents(database.schema, plan);
  const latest = latestEvent(database.schema, plan);
  const wakeUps = WakeUps.of(database.identity);
  const table = qualify(database.schema, plan.eventsTable);
  const bound = `${lockTimeoutMs}ms`;
  const window = `${plan.deduplicationMs} milliseconds`;

  return {
    publish: async (write, join) => {
      const parameters = publishParameters(write, bound, window);
      try {
        const operation = [name, "publish"] as const;
        const { rows, durability } = await database.run<PublishedRow>(
          publish,
          parameters,
          join,
          operation,
        );
        wakeUps.after(durability, table);
        const { published, duplicates, last_position: last } = rows[0] as PublishedRow;
        return {
          published: Number(published),
          duplicates: Number(duplicates),
          position: last === null ? undefined : Number(last),
        };
      } catch (error) {
        throw publishFailure(name, error);
      }
    },

    latest: async (key, join) => {
      if (latest === undefined) throw new Error(`${name} keeps no latest events`);
      try {
        const { rows } = await database.run<TopicRow>(latest, [key], join, [name, "latest"]);
        return rows[0] && toTopicEvent(rows[0]);
      } catch (error) {
        throw error instanceof AnnalsError ? error : databaseError(`reading ${name}`, error);
      }
    },

    maintain: async (options) => {
      try {
        return await new TopicMaintenance(database, plan).run(options);
      } catch (error) {
        throw error instanceof AnnalsError ? error : databaseError(`maintaining ${name}`, error);
      }
    },
  };
};

const publishParameters = (
  { publications, context, recordedAt }: PublishWrite,
  bound: string,
  window: string,
): unknown[] => [
  JSON.stringify(publications.map(toEntry)),
  context && JSON.stringify(context),
  recordedAt?.toISOString() ?? null,
  bound,
  publications.some(({ deduplicationKey }) => deduplicationKey !== null) ? window : null,
];

const toEntry = ({ key, body, headers, bytes, deduplicationKey }: Publication) => ({
  key,
  event: body,
  ...(Object.keys(headers).length > 0 && { headers }),
  ...(bytes !== null && { bytes: Buffer.from(bytes).toString("base64") }),
  ...(deduplicationKey !== null && { once: deduplicationKey }),
});
