import type { AnyTopic, TopicModel } from "../define/any-topic.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import type { FollowedTopic } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { DecodedEvent } from "../read/decode-event.ts";
import { decodeTopicEvent } from "../read/decode-topic-event.ts";
import { eventMeta } from "./event-meta.ts";

type Returned = unknown;

export type EventHandler = (event: object, meta: Record<string, unknown>) => Returned;
export type BatchHandler = (events: readonly object[], meta: Record<string, unknown>) => Returned;

/** What handles the events, free of the user's types. */
export type UntypedHandling =
  | {
      readonly kind: "each";
      readonly handler: (topic: string, type: string) => EventHandler | undefined;
    }
  | { readonly kind: "batch"; readonly handle: BatchHandler };

/** The topics of one consumer, and which of their events it reads. */
export class FollowedTopics {
  readonly topics: readonly FollowedTopic[];
  /** The event types that are read, each as `topic:type`, and as `topic:type@version` above version 1. */
  readonly handles: readonly string[];
  readonly #models: ReadonlyMap<string, TopicModel>;
  readonly #reads: (topic: string, type: string) => boolean;

  constructor(definitions: readonly AnyTopic[], reads: (topic: string, type: string) => boolean) {
    this.#models = new Map(definitions.map((one) => [one.plan.name, one[modelKey]]));
    this.#reads = reads;
    const readTypes = (one: AnyTopic): string[] =>
      [...one[modelKey].events]
        .filter(([type]) => reads(one.plan.name, type))
        .flatMap(([type, { version }]) => (version === 1 ? [type] : [type, `${type}@${version}`]));
    this.topics = definitions.map((one) => ({ plan: one.plan, passedOver: this.#passedOver(one) }));
    this.handles = definitions.flatMap((one) =>
      readTypes(one).map((type) => `${one.plan.name}:${type}`),
    );
  }

  /** Whether an event that is stored in this version can be read. One of a newer version cannot. */
  knows(topic: string, type: string, version: number): boolean {
    const model = this.#models.get(topic);
    return model !== undefined && version <= newestVersion(model, type);
  }

  /** All event types and versions that the definitions of the topics know, spelled as in `handles`. */
  get known(): readonly string[] {
    return [...this.#models].flatMap(([topic, model]) => {
      const types = new Set([...model.events.keys(), ...model.storedTypes.keys()]);
      return [...types].flatMap((type) =>
        Array.from({ length: newestVersion(model, type) }, (_, before) =>
          before === 0 ? `${topic}:${type}` : `${topic}:${type}@${before + 1}`,
        ),
      );
    });
  }

  /**
   * The event as the definition's types promise it, and what its record tells. What an older version
   * became is several events, or none; those that are not read are left out.
   *
   * @throws StoredEventError
   */
  decode(stored: TopicEvent): readonly FollowedEvent[] {
    const model = this.#models.get(stored.topic);
    if (model === undefined) throw new Error(`The store returned an event of "${stored.topic}"`);
    const decoded = decodeTopicEvent(model, stored);
    const told = eventMeta(model, stored);
    const parts = decoded.length;
    return decoded
      .map((event, at) => ({ event, meta: { ...told, part: at + 1, parts } }))
      .filter(({ event }) => this.#reads(stored.topic, event.type));
  }

  /** The stored types of which nothing that they can become is read. */
  #passedOver({ plan: { name }, [modelKey]: { events, storedTypes } }: AnyTopic): string[] {
    return [...new Set([...events.keys(), ...storedTypes.keys()])].filter((type) => {
      const becomes = storedTypes.get(type)?.becomes ?? [type];
      return becomes !== "any" && !becomes.some((one) => this.#reads(name, one));
    });
  }
}

/** The newest version of a stored type that can be read; 0 for an unknown type. */
const newestVersion = ({ events, storedTypes }: TopicModel, type: string): number => {
  const stored = storedTypes.get(type);
  // An old name leads to an event in one more version than it has upcasters.
  const old =
    stored === undefined ? 0 : stored.older.length + (stored.newest === undefined ? 0 : 1);
  return Math.max(events.get(type)?.version ?? 0, old);
};

/** An event as it is handed over. */
interface FollowedEvent {
  readonly event: DecodedEvent;
  readonly meta: Record<string, unknown>;
}
