import type { AnyTopic } from "../define/any-topic.ts";
import type { IsChild } from "../define/children.ts";
import type { AnyEntity, IdOf, ScopeOf } from "../define/entity-definition.ts";
import { isEntityPlan } from "../define/entity-plan.ts";
import type { JsonObject } from "../define/json-value.ts";
import type { TopicPlan } from "../define/topic-plan.ts";
import type { EventHeaders, TopicEvent } from "../port/rows.ts";

/** What a handler gets beside the event of an entity or of a topic of its own. */
export type EventMeta<Topic extends AnyTopic, Tx> = Topic extends AnyEntity
  ? EntityEventMeta<Topic, Tx>
  : PublishedEventMeta<Topic, Tx>;

/** What every handler gets. */
export interface CommonMeta<Topic extends AnyTopic, Tx> {
  /** The entity's name, or the topic's. With `position` it is the identity of the event. */
  readonly topic: Topic["name"];
  /** The event's place in the order of all topics of the database; rising, with holes. */
  readonly position: number;
  /**
   * Its place, from 1, among the events that one stored event of an older version became; else 1. They
   * have everything else here in common, and are handled in one transaction.
   */
  readonly part: number;
  /** How many events the stored one became; 1 as a rule. */
  readonly parts: number;
  readonly recordedAt: Date;
  readonly context: JsonObject | null;
  /** 1 for the first time the event is handed over; higher when a transient failure repeats it. */
  readonly attempt: number;
  /** What is written through it commits together with the checkpoint, or not at all. */
  readonly tx: Tx;
  /** Aborted when the consumer is asked to stop. */
  readonly signal: AbortSignal;
}

/** What a handler gets beside an entity's event. */
export interface EntityEventMeta<Entity extends AnyEntity, Tx> extends CommonMeta<Entity, Tx> {
  readonly entityId: IdOf<Entity>;
  /** The same as `entityId`: what order is kept within. */
  readonly key: IdOf<Entity>;
  /** The event's number within its entity, from 1. */
  readonly sequence: number;
  /** The id of the parent that the entity is a child of; `undefined` where its definition declares none. */
  readonly parentId: IsChild<Entity> extends true ? string : undefined;
  /** The scope that the entity is in; empty where its definition declares none. */
  readonly scope: ScopeOf<Entity>;
}

/** What a handler gets beside an event that was published for itself. */
export interface PublishedEventMeta<Topic extends AnyTopic, Tx> extends CommonMeta<Topic, Tx> {
  /** What order is kept within. */
  readonly key: string;
  /** What the publisher sent along for readers. */
  readonly headers: EventHeaders;
}

/** What every handler of one delivery gets. */
export interface GivenMeta {
  readonly attempt: number;
  readonly tx: unknown;
  readonly signal: AbortSignal;
}

/** What is told of an event that is handed over. */
export interface ToldEvent {
  readonly stored: TopicEvent;
  readonly headers: EventHeaders | undefined;
  readonly part: number;
  readonly parts: number;
}

/** A handler's second argument. One is made for every event, so that it is one plain literal. */
export type ToMeta = (told: ToldEvent, given: GivenMeta) => object;

/** How the events of a topic are told of; what is the same for all of them is found out once. */
export const metaMaker = (plan: TopicPlan): ToMeta => {
  if (!isEntityPlan(plan)) return publishedMeta;
  const names = plan.scope;
  if (names.length === 0) return entityMeta;
  return (told, given) => ({
    ...entityMeta(told, given),
    scope: Object.fromEntries(names.map((name, at) => [name, told.stored.scope?.[at]])),
  });
};

const entityMeta: ToMeta = ({ stored, part, parts }, given) => ({
  topic: stored.topic,
  entityId: stored.id,
  key: stored.id,
  sequence: stored.sequence,
  position: stored.position,
  recordedAt: stored.recordedAt,
  context: stored.context,
  parentId: stored.parentId,
  scope: NO_SCOPE,
  part,
  parts,
  attempt: given.attempt,
  tx: given.tx,
  signal: given.signal,
});

const publishedMeta: ToMeta = ({ stored, headers, part, parts }, given) => ({
  topic: stored.topic,
  key: stored.id,
  headers: headers ?? {},
  position: stored.position,
  recordedAt: stored.recordedAt,
  context: stored.context,
  part,
  parts,
  attempt: given.attempt,
  tx: given.tx,
  signal: given.signal,
});

const NO_SCOPE: object = Object.freeze({});
