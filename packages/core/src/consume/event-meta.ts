import type { AnyTopic, TopicModel } from "../define/any-topic.ts";
import type { IsChild } from "../define/children.ts";
import type { AnyEntity, IdOf, ScopeOf } from "../define/entity-definition.ts";
import { isEntityPlan } from "../define/entity-plan.ts";
import type { JsonObject } from "../define/json-value.ts";
import type { EventHeaders, TopicEvent } from "../port/rows.ts";
import { readHeaders } from "../read/read-headers.ts";

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

/** The part of a handler's second argument that the stored event tells. */
export const eventMeta = (model: TopicModel, stored: TopicEvent) => {
  const { plan } = model;
  const { topic, id, sequence, position, recordedAt, context } = stored;
  return isEntityPlan(plan)
    ? {
        ...{ topic, entityId: id, key: id, sequence, position, recordedAt, context },
        parentId: stored.parentId,
        scope: Object.fromEntries(plan.scope.map((name, at) => [name, stored.scope?.[at]])),
      }
    : { topic, key: id, headers: readHeaders(model, stored), position, recordedAt, context };
};
