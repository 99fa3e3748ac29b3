import type { AnyTopic, TopicModel } from "../define/any-topic.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import type { FollowedTopic } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
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
  /** The event types that are read, each as `topic:type`. */
  readonly handles: readonly string[];
  readonly #models: ReadonlyMap<string, TopicModel>;

  constructor(definitions: readonly AnyTopic[], reads: (topic: string, type: string) => boolean) {
    this.#models = new Map(definitions.map((one) => [one.plan.name, one[modelKey]]));
    const typesOf = ({ plan }: AnyTopic, isRead: boolean): string[] =>
      [...(this.#models.get(plan.name)?.events.keys() ?? [])].filter(
        (type) => reads(plan.name, type) === isRead,
      );
    this.topics = definitions.map((one) => ({ plan: one.plan, passedOver: typesOf(one, false) }));
    this.handles = definitions.flatMap((one) =>
      typesOf(one, true).map((type) => `${one.plan.name}:${type}`),
    );
  }

  knows({ topic, body }: TopicEvent): boolean {
    return this.#models.get(topic)?.events.has(String(body.type)) ?? false;
  }

  /**
   * The event as the definition's types promise it, and what its record tells.
   *
   * @throws StoredEventError
   */
  decode(stored: TopicEvent): { readonly event: object; readonly meta: Record<string, unknown> } {
    const model = this.#models.get(stored.topic);
    if (model === undefined) throw new Error(`The store returned an event of "${stored.topic}"`);
    return { event: decodeTopicEvent(model, stored), meta: eventMeta(model.plan, stored) };
  }
}
