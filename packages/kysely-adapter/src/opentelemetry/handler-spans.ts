import type { Instrument } from "@annals/core";
import { eventIdentity } from "@annals/core/adapter";
import { type Attributes, context, SpanKind, trace } from "@opentelemetry/api";
import { errorAttributes, failSpan } from "./errors.ts";
import type { Signals } from "./signals.ts";
import { spanOf } from "./trace-parent.ts";

/**
 * A consumer span and a measurement of its duration around each handler, by the semantic conventions for
 * messaging. It begins where the consumer runs, and links to the span that stored the event.
 */
export const handlerSpans =
  ({ tracer, handlerDuration }: Signals, common: Attributes): Instrument["handler"] =>
  (consumer) =>
  async (event, work) => {
    const started = performance.now();
    const attributes: Attributes = {
      "messaging.system": "annals",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": event.topic,
      "messaging.consumer.group.name": consumer,
      ...common,
    };
    const producer = spanOf(event.context?.traceparent);
    const span = tracer().startSpan(`process ${event.topic}`, {
      kind: SpanKind.CONSUMER,
      links: producer === undefined ? [] : [{ context: producer }],
      attributes: {
        ...attributes,
        "messaging.message.id": eventIdentity(event),
        "annals.event.type": String(event.body.type),
        "annals.position": event.position,
      },
    });
    let measured = attributes;
    try {
      return await context.with(trace.setSpan(context.active(), span), work);
    } catch (error) {
      measured = { ...attributes, ...errorAttributes(error) };
      failSpan(span, error);
      throw error;
    } finally {
      span.end();
      handlerDuration().record((performance.now() - started) / 1_000, measured);
    }
  };
