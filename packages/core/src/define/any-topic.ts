import type { EventShapes, EventUnion } from "./definition-types.ts";
import type { model } from "./entity-definition.ts";
import type { ErasurePlan } from "./erasure.ts";
import type { StoredTypes } from "./event-versions.ts";
import type { PayloadCodec } from "./payload-codec.ts";
import type { TopicPlan } from "./topic-plan.ts";

/** How one event type of a topic is stored and read. */
export interface TopicEventModel {
  readonly codec: PayloadCodec;
  /** The version that is written, from 1. */
  readonly version: number;
  /** The field that holds binary data, which is stored beside the JSON. */
  readonly bytesField?: string | undefined;
}

/** The engine behind whatever can be followed. */
export interface TopicModel {
  readonly plan: TopicPlan;
  /** The events that are written, in their newest version. */
  readonly events: ReadonlyMap<string, TopicEventModel>;
  /** What else is stored, by event type. */
  readonly storedTypes: StoredTypes;
  /** How personal values are kept; `undefined` where there are none. */
  readonly erasure: ErasurePlan | undefined;
}

/** Whatever consumers can follow: an entity, or a topic of its own. */
export interface AnyTopic {
  readonly name: string;
  /** Event types to the schemas of their payloads. */
  readonly events: EventShapes;
  readonly plan: TopicPlan;
  readonly [model]: TopicModel;
}

/** The events of an entity or a topic, as a discriminated union over `type`. */
export type TopicEventOf<Topic extends AnyTopic> = EventUnion<Topic["events"]>;
