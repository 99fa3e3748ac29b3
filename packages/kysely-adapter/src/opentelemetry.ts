import type { Instrument } from "@annals/core";
import type { Attributes, MeterProvider, TracerProvider } from "@opentelemetry/api";
import { handlerSpans } from "./opentelemetry/handler-spans.ts";
import { countWritten, operationSpans } from "./opentelemetry/operation-spans.ts";
import { signalsFrom } from "./opentelemetry/signals.ts";
import { currentTraceparent } from "./opentelemetry/trace-parent.ts";

export { type ConsumerMetricsOptions, observeConsumers } from "./opentelemetry/consumer-metrics.ts";

export interface OpenTelemetryOptions {
  /** The database and the schema, for example `shop|public`: `db.namespace` of operations. */
  readonly namespace?: string;
  /** More attributes for every span and measurement, for example `server.address`. Few values each. */
  readonly attributes?: Attributes;
  /** Whether the trace is stored in the context of events. Default is `true`. */
  readonly traceparent?: boolean;
  /** Default is the one registered with the API, also when that happens later. */
  readonly tracerProvider?: TracerProvider;
  /** Default is the one registered with the API, also when that happens later. */
  readonly meterProvider?: MeterProvider;
}

/**
 * Spans and metrics of repositories, topics and consumers, through `@opentelemetry/api`. Pass it to them as
 * `instrument`; make it once and share it.
 *
 * Every call of a repository or topic, and of `verify`, `rebuild`, `checkEvents` and `importHistories`, is a
 * client span `{method} {table}` and a measurement of `db.client.operation.duration`; every event that a
 * handler gets is a consumer span `process {topic}`, linked to the span that stored the event, and a
 * measurement of `messaging.process.duration`. Attributes name methods, tables and error codes: never a
 * value of an argument, an event or a state.
 *
 * @example
 * const instrument = openTelemetry({ namespace: "shop|public" });
 * const users = createRepository(User, { db, instrument });
 */
export const openTelemetry = (options: OpenTelemetryOptions = {}): Instrument => {
  const { namespace, attributes = {}, traceparent = true } = options;
  const signals = signalsFrom(options.tracerProvider, options.meterProvider);
  const database = namespace === undefined ? {} : { "db.namespace": namespace };
  return Object.freeze<Instrument>({
    operation: operationSpans(signals, { ...database, ...attributes }),
    handler: handlerSpans(signals, attributes),
    writes: countWritten,
    traceparent: traceparent ? currentTraceparent : () => undefined,
  });
};
