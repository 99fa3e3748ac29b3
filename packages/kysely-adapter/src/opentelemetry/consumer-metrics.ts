import type { ConsumerAdmin, ConsumerHealth } from "@annals/core";
import type { MeterProvider } from "@opentelemetry/api";
import {
  type Attributes,
  type BatchObservableResult,
  type Meter,
  metrics,
} from "@opentelemetry/api";

export interface ConsumerMetricsOptions {
  /** More attributes for every measurement, for example `server.address`. Few values each. */
  readonly attributes?: Attributes;
  /** Default is the one registered with the API when this is called. */
  readonly meterProvider?: MeterProvider;
}

const CONDITIONS = ["idle", "behind", "stuck", "paused"] as const;

/**
 * Measures how consumers stand, whenever metrics are collected: call it in one process for each database,
 * since every process would tell the same. A collection that cannot reach the database tells nothing.
 *
 * @returns what ends it.
 * @example observeConsumers(consumers(db));
 */
export const observeConsumers = (
  admin: Pick<ConsumerAdmin, "health">,
  { attributes = {}, meterProvider = metrics.getMeterProvider() }: ConsumerMetricsOptions = {},
): (() => void) => {
  const meter = meterProvider.getMeter("@annals/kysely-adapter");
  const gauges = gaugesOf(meter);
  const all = Object.values(gauges);
  const observe = async (result: BatchObservableResult): Promise<void> => {
    const found = await admin.health().catch((): readonly ConsumerHealth[] => []);
    for (const health of found) {
      const named = { ...attributes, "messaging.consumer.group.name": health.name };
      result.observe(gauges.behind, health.eventsBehind, named);
      result.observe(gauges.age, (health.oldestUnhandledMs ?? 0) / 1_000, named);
      result.observe(gauges.held, health.heldKeys, named);
      const oldest = Math.max(0, ...health.openWriters.map(({ openForMs }) => openForMs));
      result.observe(gauges.writer, oldest / 1_000, named);
      for (const condition of CONDITIONS) {
        const count = health.slots.filter((slot) => slot.condition === condition).length;
        result.observe(gauges.slots, count, { ...named, "annals.condition": condition });
      }
    }
  };
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
};

const gaugesOf = (meter: Meter) => {
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(`annals.consumer.${name}`, { unit, description });
  return {
    behind: gauge("events_behind", "{event}", "Events that wait, estimated where they are many."),
    age: gauge("oldest_unhandled", "s", "How long the oldest event has waited; 0 with none."),
    held: gauge("held_keys", "{key}", "Keys that wait for an event that failed."),
    slots: gauge("slots", "{slot}", "Slots by how they stand."),
    writer: gauge("oldest_open_writer", "s", "How long a transaction has held newer events back."),
  };
};
