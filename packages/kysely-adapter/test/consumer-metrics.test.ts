import { createStoreConsumer, createStoreRepository, MemoryStore } from "@annals/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { expect, it } from "vitest";
import { observeConsumers } from "../src/opentelemetry.ts";
import { Parcel } from "./database/account.ts";

it("measures how consumers stand whenever metrics are collected", async () => {
  const store = new MemoryStore();
  const parcels = createStoreRepository(Parcel, store);
  const consumer = createStoreConsumer(store, {
    name: "parcels",
    topics: [Parcel],
    slots: 2,
    on: { ParcelSent: () => {} },
  });
  await consumer.catchUp();
  for (let n = 0; n < 3; n += 1) await parcels.create(undefined, { id: crypto.randomUUID() });

  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const attributes = { "server.address": "db" };
  let asked = 0;
  const admin = store.consumers();
  const health: typeof admin.health = (name) => {
    asked += 1;
    return admin.health(name);
  };
  const stop = observeConsumers({ health }, { meterProvider, attributes });
  const collected = async () => {
    exporter.reset();
    await meterProvider.forceFlush();
    const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    return Object.fromEntries(
      found
        .flatMap(({ metrics }) => metrics)
        .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
    );
  };

  const behind = await collected();
  const named = { "server.address": "db", "messaging.consumer.group.name": "parcels" };
  expect(behind["annals.consumer.events_behind"]).toMatchObject([{ value: 3, attributes: named }]);
  expect(behind["annals.consumer.held_keys"]).toMatchObject([{ value: 0 }]);
  const slots = behind["annals.consumer.slots"] ?? [];
  expect(slots.reduce((sum, { value }) => sum + Number(value), 0)).toBe(2);

  await consumer.catchUp();
  const idle = await collected();
  expect(idle["annals.consumer.events_behind"]).toMatchObject([{ value: 0 }]);
  expect(idle["annals.consumer.oldest_unhandled"]).toMatchObject([{ value: 0 }]);
  expect(asked).toBe(2);
  stop();
  await collected();
  expect(asked).toBe(2);
  await meterProvider.shutdown();
});
