import type { EventShapes } from "./definition-types.ts";
import { model } from "./entity-definition.ts";
import type { VersionLists } from "./event-versions-type.ts";
import type { TopicDefinition, TopicLiteral } from "./topic-definition.ts";
import { buildTopicModel, type UntypedTopicLiteral } from "./topic-model.ts";

/**
 * Defines a topic of its own: events that are published for others to follow, with keys that say what
 * keeps its order, and how long they are kept. Entities are topics already and need none of this.
 *
 * @throws InvalidDefinitionError with a sentence about what is wrong and what to do.
 */
export const defineTopic = <
  const Name extends string,
  Events extends EventShapes,
  const Versions extends VersionLists = Record<never, never>,
  const Retired extends VersionLists = Record<never, never>,
>(
  literal: TopicLiteral<Name, Events, Versions, Retired>,
): TopicDefinition<Name, Events> => {
  const built = buildTopicModel(literal as unknown as UntypedTopicLiteral);
  return Object.freeze({
    name: literal.name,
    events: literal.events,
    plan: built.plan,
    [model]: built,
  });
};
