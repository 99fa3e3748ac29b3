import { context, isSpanContextValid, type SpanContext, trace } from "@opentelemetry/api";

// W3C Trace Context, section 3.2: version, trace, parent, flags. Later versions may add to it.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;

/** The span around the caller, as the W3C's Trace Context writes it. */
export const currentTraceparent = (): string | undefined => {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, "0");
  return `00-${span.traceId}-${span.spanId}-${flags}`;
};

/** The span that a traceparent names; `undefined` for anything that is none. */
export const spanOf = (traceparent: unknown): SpanContext | undefined => {
  const match = typeof traceparent === "string" ? TRACEPARENT.exec(traceparent) : null;
  if (match === null) return undefined;
  const [, traceId = "", spanId = "", flags = ""] = match;
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(span) ? span : undefined;
};
