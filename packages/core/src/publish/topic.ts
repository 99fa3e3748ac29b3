import { uuidV7Source } from "../decide/uuid-v7.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import type { AnyPublishedTopic } from "../define/topic-definition.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Store } from "../port/store.ts";
import { decodeTopicEvent } from "../read/decode-topic-event.ts";
import { readHeaders } from "../read/read-headers.ts";
import { instrumented } from "../repository/instrumented.ts";
import { recordingFrom, recordingIn } from "../repository/recording.ts";
import type { RepositoryOptions } from "../repository/repository.ts";
import { contextSealOf } from "../seal/context-seal.ts";
import { sealedTopic } from "../seal/sealed-topic.ts";
import { toPublication } from "./publication.ts";
import type { Topic } from "./topic-type.ts";

export type TopicOptions = Pick<
  RepositoryOptions,
  "clock" | "newId" | "context" | "instrument" | "keys"
>;

/**
 * Opens a topic of its own over a store, to publish to it. Statements are prepared here, once.
 *
 * @throws InvalidDefinitionError when another definition already uses the same table in this store.
 */
export const createStoreTopic = <Definition extends AnyPublishedTopic, Tx>(
  definition: Definition,
  store: Store<Tx>,
  options: TopicOptions = {},
): Topic<Definition, Tx> => {
  const model = definition[modelKey];
  const { name, compaction } = model.plan;
  const sealed = sealedTopic(model, store, options.keys);
  const events = contextSealOf<Tx>(options.context, store, options.keys)?.topic(sealed) ?? sealed;
  const newKey = options.newId ?? uuidV7Source();
  const recording = recordingFrom(name, options);

  const of = { entity: name, table: model.plan.eventsTable };
  const calls: Pick<Topic<Definition, Tx>, keyof Topic<Definition, Tx>> = {
    publish: async (event, { tx, ...rest } = {}) =>
      events.publish(
        {
          publications: [toPublication(model, event, rest, newKey)],
          ...recording(1),
          ...recordingIn(tx),
        },
        tx,
      ),

    publishAll: async (given, { tx } = {}) => {
      const publications = given.map(({ event, ...rest }) =>
        toPublication(model, event, rest, newKey),
      );
      if (publications.length === 0) return { published: 0, duplicates: 0, position: undefined };
      return events.publish(
        { publications, ...recording(publications.length), ...recordingIn(tx) },
        tx,
      );
    },

    latest: async (key, { tx } = {}) => {
      if (compaction === undefined) {
        throw new InvalidArgumentError(
          name,
          "latest() was called on a topic that keeps no latest events",
          "Define it with compaction: true.",
        );
      }
      const stored = await events.latest(key, tx);
      if (stored === undefined) return undefined;
      const { position, recordedAt } = stored;
      // Where an older version became several events, the last of them is the latest.
      const event = decodeTopicEvent(model, stored).at(-1);
      if (event === undefined) return undefined;
      return {
        event: event as never,
        key: stored.id,
        headers: readHeaders(model, stored),
        position,
        recordedAt,
      };
    },

    maintain: (how = {}) => events.maintain(how),
  };
  return Object.freeze(instrumented(of, options.instrument, calls));
};
