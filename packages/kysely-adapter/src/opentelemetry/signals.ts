import {
  type Histogram,
  type MeterProvider,
  metrics,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";

/** Where spans and measurements go. Asked for at each use, since an SDK may be registered later. */
export interface Signals {
  readonly tracer: () => Tracer;
  readonly operationDuration: () => Histogram;
  readonly handlerDuration: () => Histogram;
}

/** The name of the instrumentation scope. */
const SCOPE = "@annals/kysely-adapter";

// The boundaries that the semantic conventions recommend, in seconds.
const OPERATION_BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const HANDLER_BOUNDARIES = [
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25],
  ...[0.5, 0.75, 1, 2.5, 5, 7.5, 10],
];

export const signalsFrom = (
  tracerProvider: TracerProvider | undefined,
  meterProvider: MeterProvider | undefined,
): Signals => {
  const tracer = perProvider(
    () => tracerProvider ?? trace.getTracerProvider(),
    (provider) => provider.getTracer(SCOPE),
  );
  const histogram = (name: string, description: string, boundaries: number[]) =>
    perProvider(
      () => meterProvider ?? metrics.getMeterProvider(),
      (provider) =>
        provider.getMeter(SCOPE).createHistogram(name, {
          description,
          unit: "s",
          advice: { explicitBucketBoundaries: boundaries },
        }),
    );
  return {
    tracer,
    operationDuration: histogram(
      "db.client.operation.duration",
      "Duration of database client operations.",
      OPERATION_BOUNDARIES,
    ),
    handlerDuration: histogram(
      "messaging.process.duration",
      "Duration of processing operation.",
      HANDLER_BOUNDARIES,
    ),
  };
};

/** Makes something of a provider, and again only when there is another provider. */
const perProvider = <Provider, Made>(
  current: () => Provider,
  make: (provider: Provider) => Made,
): (() => Made) => {
  let known: { readonly provider: Provider; readonly made: Made } | undefined;
  return () => {
    const provider = current();
    if (known?.provider !== provider) known = { provider, made: make(provider) };
    return known.made;
  };
};
