import type { AnyTopic, ConsumerState } from "@annals/core";
import { model } from "@annals/core/adapter";
import { topicIdentity } from "@annals/kysely-adapter/schema";
import { CliError } from "../cli-error.ts";
import { readingKeys } from "../config/keys.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { beforeTime } from "./first-position.ts";
import { parseSince } from "./tail-start.ts";
import { tailedEvents } from "./tailed-events.ts";

/**
 * The position after which a consumer begins: a number itself, `beginning`, `now`, a time, or how long ago.
 *
 * @throws CliError for anything else, and for times where the project does not know the consumer's topics.
 */
export const resetPosition = async (
  db: AnyDatabase,
  config: LoadedConfig,
  consumer: ConsumerState,
  place: string,
): Promise<number> => {
  if (place === "beginning") return 0;
  if (/^\d{1,15}$/.test(place)) return Number(place);
  const since = place === "now" ? undefined : parsed(place);
  const followed = topicsOf(config, consumer);
  const selection = {
    topics: followed.map(({ plan }) => ({ plan, passedOver: [] })),
    models: followed.map((topic) => topic[model]),
    ids: undefined,
  };
  let position = 0;
  // Nothing is read: what is settled is looked for, as a reading begins with it.
  const reading = tailedEvents(db, selection, {
    signal: new AbortController().signal,
    follow: false,
    keys: readingKeys(config, {}),
    onTrouble: () => {},
    start: async (settled) => {
      position =
        since === undefined
          ? settled
          : await beforeTime(db, config.schema, selection, settled, since);
      return settled;
    },
  });
  for await (const _ of reading);
  return position;
};

const parsed = (place: string): Date => {
  try {
    return parseSince(place, new Date());
  } catch {
    throw new CliError(
      `"${place}" is no place to begin at`,
      "Write beginning, now, a time such as 2026-03-01T12:00:00Z or 2h, or a position.",
    );
  }
};

const topicsOf = (
  { entities, topics, schema, file }: LoadedConfig,
  consumer: ConsumerState,
): readonly AnyTopic[] => {
  const known = new Map(
    [...entities, ...topics].map((one) => [topicIdentity(schema, one.plan), one]),
  );
  return consumer.topics.map((identity) => {
    const topic = known.get(identity);
    if (topic !== undefined) return topic;
    throw new CliError(
      `${consumer.name} follows "${identity}", which ${file} does not name`,
      "Name it there, or give a position.",
    );
  });
};
