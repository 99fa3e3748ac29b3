import type { Cause } from "../define/context-model.ts";
import type { ContextScope } from "../port/context.ts";
import type { TopicEvent } from "../port/rows.ts";

/** Runs the handler of one event within what surrounds it. */
export type HandlerScope = (event: TopicEvent, handle: () => unknown) => unknown;

/** Makes the event that is handled the cause of whatever its handler stores. */
export const handlerScope = (context: ContextScope | undefined): HandlerScope =>
  context === undefined
    ? (_event, handle) => handle()
    : (event, handle) => context.runCaused(causeOf(event), handle);

/**
 * What follows from an event belongs to what the event belonged to. An event that belonged to nothing
 * begins a correlation of its own, under its own identity.
 */
const causeOf = (event: TopicEvent): Cause => {
  const causationId = identityOf(event);
  const correlationId = event.context?.correlationId;
  return {
    causationId,
    correlationId: typeof correlationId === "string" ? correlationId : causationId,
  };
};

/** In a topic of its own nothing is counted within a key, and a key may say more than an id should. */
const identityOf = ({ topic, id, sequence, position }: TopicEvent): string =>
  sequence === 0 ? `${topic}/${position}` : `${topic}/${id}/${sequence}`;
