import type { AnyTopic, TopicModel } from "../define/any-topic.ts";
import { model as modelKey } from "../define/entity-definition.ts";
import { isEntityPlan } from "../define/entity-plan.ts";
import type { FollowedTopic } from "../port/consumer-store.ts";
import type { TopicEvent } from "../port/rows.ts";
import type { DecodedEvent } from "../read/decode-event.ts";
import { decodeTopicEvent } from "../read/decode-topic-event.ts";
import { readHeaders } from "../read/read-headers.ts";
import { metaMaker, type ToldEvent, type ToMeta } from "./event-meta.ts";

type Returned = unknown;

export type EventHandler = (event: object, meta: object) => Returned;
export type BatchHandler = (events: readonly object[], meta: object) => Returned;

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
  readonly #followed: ReadonlyMap<string, FollowedModel>;
  readonly #reads: (topic: string, type: string) => boolean;

  constructor(definitions: readonly AnyTopic[], reads: (topic: string, type: string) => boolean) {
    this.#followed = new Map(definitions.map((one) => [one.plan.name, followedModel(one, reads)]));
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
    const newest = this.#followed.get(topic)?.newest.get(type);
    return newest !== undefined && version <= newest;
  }

  /** All event types and versions that the definitions of the topics know, spelled as in `handles`. */
  get known(): readonly string[] {
    return [...this.#followed].flatMap(([topic, { newest }]) =>
      [...newest].flatMap(([type, versions]) =>
        Array.from({ length: versions }, (_, before) =>
          before === 0 ? `${topic}:${type}` : `${topic}:${type}@${before + 1}`,
        ),
      ),
    );
  }

  /**
   * The event as the definition's types promise it, and how it is told of. What an older version became
   * is several events, or none; those that are not read are left out.
   *
   * @throws StoredEventError
   */
  decode(stored: TopicEvent): readonly FollowedEvent[] {
    const followed = this.#followed.get(stored.topic);
    if (followed === undefined) throw new Error(`The store returned an event of "${stored.topic}"`);
    const { model, read, toMeta } = followed;
    const decoded = decodeTopicEvent(model, stored);
    const parts = decoded.length;
    const headers = isEntityPlan(model.plan) ? undefined : readHeaders(model, stored);
    const kept: FollowedEvent[] = [];
    for (let at = 0; at < parts; at += 1) {
      const event = decoded[at] as DecodedEvent;
      if (!read.has(event.type)) continue;
      kept.push({ event, stored, headers, part: at + 1, parts, toMeta });
    }
    return kept;
  }

  /** The stored types of which nothing that they can become is read. */
  #passedOver({ plan: { name }, [modelKey]: { events, storedTypes } }: AnyTopic): string[] {
    return [...new Set([...events.keys(), ...storedTypes.keys()])].filter((type) => {
      const becomes = storedTypes.get(type)?.becomes ?? [type];
      return becomes !== "any" && !becomes.some((one) => this.#reads(name, one));
    });
  }
}

/** The newest version in which each stored type can be read. */
const newestVersions = ({ events, storedTypes }: TopicModel): ReadonlyMap<string, number> =>
  new Map(
    [...new Set([...events.keys(), ...storedTypes.keys()])].map((type) => {
      const stored = storedTypes.get(type);
      // An old name leads to an event in one more version than it has upcasters.
      const old =
        stored === undefined ? 0 : stored.older.length + (stored.newest === undefined ? 0 : 1);
      return [type, Math.max(events.get(type)?.version ?? 0, old)];
    }),
  );

interface FollowedModel {
  readonly model: TopicModel;
  /** The types that are read. */
  readonly read: ReadonlySet<string>;
  /** By stored type, also old ones. */
  readonly newest: ReadonlyMap<string, number>;
  readonly toMeta: ToMeta;
}

const followedModel = (
  { plan, [modelKey]: model }: AnyTopic,
  reads: (topic: string, type: string) => boolean,
): FollowedModel => ({
  model,
  read: new Set([...model.events.keys()].filter((type) => reads(plan.name, type))),
  newest: newestVersions(model),
  toMeta: metaMaker(plan),
});

/** An event that is to be handed over; what goes with it is made with `toMeta` when that happens. */
export interface FollowedEvent extends ToldEvent {
  readonly event: DecodedEvent;
  readonly toMeta: ToMeta;
}
