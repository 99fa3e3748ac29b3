import type { Cause } from "../define/context-model.ts";
import type { ContextScope } from "../port/context.ts";
import { eventIdentity } from "../port/event-identity.ts";
import type { Instrument } from "../port/instrument.ts";
import type { TopicEvent } from "../port/rows.ts";

/** Runs the handler of one event within what surrounds it. */
export type HandlerScope = (event: TopicEvent, handle: () => unknown) => unknown;

/** What may surround the handlers of a consumer. */
interface Surroundings {
  readonly name: string;
  readonly context?: ContextScope;
  readonly instrument?: Instrument;
}

/**
 * Makes the event that is handled the cause of whatever its handler stores, and lets the handler be
 * watched.
 */
export const handlerScope = ({ name, context, instrument }: Surroundings): HandlerScope => {
  const caused: HandlerScope =
    context === undefined
      ? (_event, handle) => handle()
      : (event, handle) => context.runCaused(causeOf(event), handle);
  const watched = instrument?.handler(name);
  return watched === undefined
    ? caused
    : (event, handle) => watched(event, () => caused(event, handle));
};

/**
 * What follows from an event belongs to what the event belonged to. An event that belonged to nothing
 * begins a correlation of its own, under its own identity.
 */
const causeOf = (event: TopicEvent): Cause => {
  const causationId = eventIdentity(event);
  const correlationId = event.context?.correlationId;
  return {
    causationId,
    correlationId: typeof correlationId === "string" ? correlationId : causationId,
  };
};
