import type { TopicPlan } from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import { type TopicWriterRow, topicWriters } from "../statements/topic-writers.ts";

const LOOK_EVERY_MS = 25;

/**
 * Waits, for a while, until whoever writes to a topic now has ended, and says whether that is so. What
 * they drew or chose before is then visible or will never be there, as with settled positions.
 */
export const writersGone = async <DB>(
  database: Database<DB>,
  plan: TopicPlan,
  forMs: number,
): Promise<boolean> => {
  const statement = topicWriters(database.schema, [plan.eventsTable]);
  const look = async (): Promise<readonly TopicWriterRow[]> => {
    const operation = [plan.name, "maintain"] as const;
    const { rows } = await database.run<TopicWriterRow>(statement, [], undefined, operation);
    return rows;
  };
  const first = await look();
  const life = first[0]?.server_start;
  let waitingFor = first.map(({ writer }) => writer);
  const until = performance.now() + forMs;
  while (waitingFor.length > 0) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    const now = await look();
    // A restart gives a prepared transaction another name; the next call sees it as it is.
    if (now.some(({ server_start }) => server_start !== life)) return false;
    waitingFor = waitingFor.filter((name) => now.some(({ writer }) => writer === name));
  }
  return true;
};
