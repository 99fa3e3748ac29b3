import type { AnyTopic } from "@annals/core";
import { type FollowedTopic, model } from "@annals/core/adapter";
import { CliError } from "../cli-error.ts";
import type { LoadedConfig } from "../config/load-config.ts";

/** The topics of these names, or all of the project's: entities and topics of their own. */
export const topicsNamed = (
  { entities, topics, file }: LoadedConfig,
  names: readonly string[],
): readonly AnyTopic[] => {
  const all: readonly AnyTopic[] = [...entities, ...topics];
  if (all.length === 0) throw new CliError(`${file} names no entity and no topic`);
  if (names.length === 0) return all;
  return [...new Set(names)].map((name) => {
    const found = all.find((topic) => topic.name === name);
    if (found !== undefined) return found;
    throw new CliError(
      `There is no topic "${name}" in ${file}`,
      `The topics are ${all.map((topic) => topic.name).join(", ")}.`,
    );
  });
};

/**
 * The topics as they are read when only some types of events are wanted; those without any of them are
 * left out.
 *
 * @throws CliError for a type that none of them declares.
 */
export const followed = (
  topics: readonly AnyTopic[],
  types: readonly string[] | undefined,
): readonly FollowedTopic[] => {
  if (types === undefined) return topics.map(({ plan }) => ({ plan, passedOver: [] }));
  const declared = new Set(topics.flatMap(({ events }) => Object.keys(events)));
  const unknown = types.find((type) => !declared.has(type));
  if (unknown !== undefined) {
    throw new CliError(
      `No topic has an event "${unknown}"`,
      `The events are ${[...declared].join(", ")}.`,
    );
  }
  const wanted = new Set(types);
  return topics
    .filter(({ events }) => Object.keys(events).some((type) => wanted.has(type)))
    .map(({ plan, [model]: { storedTypes } }) => {
      // What older versions and old names become is known only when they are read.
      const mayBeWanted = (type: string): boolean => {
        const becomes = storedTypes.get(type)?.becomes ?? [type];
        return becomes === "any" || becomes.some((one) => wanted.has(one));
      };
      return { plan, passedOver: plan.eventTypes.filter((type) => !mayBeWanted(type)) };
    });
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The ids or keys to read, as they are stored; entities are not asked for what cannot be an id.
 *
 * @throws CliError when nothing could have them.
 */
export const ofIds = (
  topics: readonly FollowedTopic[],
  ids: readonly string[] | undefined,
): readonly FollowedTopic[] => {
  if (ids === undefined || ids.every((id) => UUID.test(id))) return topics;
  const keyed = topics.filter(({ plan }) => plan.kind === "topic");
  if (keyed.length > 0) return keyed;
  throw new CliError(
    `"${ids.find((id) => !UUID.test(id))}" is no id of an entity`,
    "Give a whole UUID; annals show finds one by its unique columns.",
  );
};
