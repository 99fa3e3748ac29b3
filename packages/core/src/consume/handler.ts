import type { EventOfType } from "../define/definition-types.ts";
import type { AnyEntity, IdOf } from "../define/entity-definition.ts";
import type { JsonObject } from "../define/json-value.ts";

/** What a handler gets beside the event. */
export interface EventMeta<Definition extends AnyEntity, Tx> {
  /** The entity's name. With `entityId` and `sequence` it is the identity of the event. */
  readonly topic: Definition["name"];
  readonly entityId: IdOf<Definition>;
  /** The event's number within its entity, from 1. */
  readonly sequence: number;
  /** The event's place in the order of all topics of the database; rising, with holes. */
  readonly position: number;
  readonly recordedAt: Date;
  readonly context: JsonObject | null;
  /** 1 for the first time the event is handed over; higher when a transient failure repeats it. */
  readonly attempt: number;
  /** What is written through it commits together with the checkpoint, or not at all. */
  readonly tx: Tx;
  /** Aborted when the consumer is asked to stop. */
  readonly signal: AbortSignal;
}

/** A handler for each event type that the consumer cares for; the others are passed over. */
export type Handlers<Definition extends AnyEntity, Tx> = {
  readonly [Type in keyof Definition["events"] & string]?: (
    event: EventOfType<Definition["events"], Type>,
    meta: EventMeta<Definition, Tx>,
  ) => void | Promise<void>;
};
