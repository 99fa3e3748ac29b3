import type { Instrument } from "@annals/core";
import { context, SpanKind } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { type OpenTelemetryOptions, openTelemetry } from "../../src/opentelemetry.ts";

/** One measurement's attributes, how often it was made, and the histogram's boundaries. */
export interface Measured {
  readonly metric: string;
  readonly unit: string;
  readonly attributes: object;
  readonly count: number;
  readonly sum: number;
  readonly boundaries: readonly number[];
}

/** Collects in memory what the SDK exports. */
export const collectTelemetry = (options: OpenTelemetryOptions = {}) => {
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  const spans = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
  });
  const metrics = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const meterProvider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 2 ** 30 }),
    ],
  });
  const instrument: Instrument = openTelemetry({ ...options, tracerProvider, meterProvider });

  const measured = async (): Promise<Measured[]> => {
    await meterProvider.forceFlush();
    const found = metrics.getMetrics().flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap((scope) =>
        scope.metrics.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes, value }) => {
            const { count, sum = 0, buckets } = value as Histogram;
            const { name: metric, unit } = descriptor;
            return { metric, unit, attributes, count, sum, boundaries: buckets.boundaries };
          }),
        ),
      ),
    );
    metrics.reset();
    return found;
  };

  const close = async (): Promise<void> => {
    context.disable();
    await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
  };

  return {
    instrument,
    tracer: tracerProvider.getTracer("test"),
    /** The finished spans since the last look, in the order of their ends. */
    finished: () => {
      const ended = spans.getFinishedSpans().map((span) => ({
        name: span.name,
        kind: SpanKind[span.kind],
        attributes: span.attributes,
        status: span.status,
        links: span.links.map((link) => link.context.spanId),
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        parent: span.parentSpanContext?.spanId,
        events: span.events,
      }));
      spans.reset();
      return ended;
    },
    measured,
    close,
  };
};
