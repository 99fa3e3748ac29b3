import type { Instrument, Operation } from "@annals/core";
import {
  type Attributes,
  context,
  createContextKey,
  type Span,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { errorAttributes, failSpan } from "./errors.ts";
import type { Signals } from "./signals.ts";

/** What an operation has written so far; kept where only the calls within it find it. */
interface Written {
  readonly span: Span;
  events: number;
}

const WRITTEN = createContextKey("annals: what the operation has written");

/**
 * A client span and a measurement of its duration around each operation, by the semantic conventions for
 * databases.
 */
export const operationSpans =
  ({ tracer, operationDuration }: Signals, common: Attributes): Instrument["operation"] =>
  ({ name, table }: Operation) => {
    const attributes: Attributes = {
      "db.system.name": "postgresql",
      "db.operation.name": name,
      "db.collection.name": table,
      ...common,
    };
    const options = { kind: SpanKind.CLIENT, attributes };
    return async (work) => {
      const started = performance.now();
      const span = tracer().startSpan(`${name} ${table}`, options);
      const written: Written = { span, events: 0 };
      let measured = attributes;
      try {
        const within = trace.setSpan(context.active(), span).setValue(WRITTEN, written);
        return await context.with(within, work);
      } catch (error) {
        measured = { ...attributes, ...errorAttributes(error) };
        failSpan(span, error);
        throw error;
      } finally {
        span.end();
        operationDuration().record((performance.now() - started) / 1_000, measured);
      }
    };
  };

/** Adds to how many events the operation around the caller has written. */
export const countWritten = (events: number): void => {
  const written = context.active().getValue(WRITTEN) as Written | undefined;
  if (written === undefined) return;
  written.events += events;
  written.span.setAttribute("annals.events", written.events);
};
