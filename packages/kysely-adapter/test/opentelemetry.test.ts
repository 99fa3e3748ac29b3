import { createStoreRepository, DuplicateValueError, MemoryStore } from "@annals/core";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { defineContext } from "../src/context.ts";
import { currentTraceparent, spanOf } from "../src/opentelemetry/trace-parent.ts";
import { openTelemetry } from "../src/opentelemetry.ts";
import { Account } from "./database/account.ts";
import { collectTelemetry } from "./telemetry/collected.ts";

let telemetry = collectTelemetry();
beforeEach(() => {
  telemetry = collectTelemetry({ namespace: "shop|public", attributes: { "server.port": 5433 } });
});
afterEach(() => telemetry.close());

const open = () => {
  const store = new MemoryStore();
  const context = defineContext(z.object({ actor: z.string() }));
  const { instrument } = telemetry;
  return {
    store,
    context,
    accounts: createStoreRepository(Account, store, { context, instrument }),
  };
};

const names = () => telemetry.finished().map(({ name }) => name);
const SECRET = "ada.secret@example.com";

describe("an operation", () => {
  it("is a client span by the conventions for databases", async () => {
    const { accounts } = open();
    await accounts.create({ email: SECRET });
    const [span] = telemetry.finished();
    expect(span).toMatchObject({ name: "create accounts", kind: "CLIENT", parent: undefined });
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toEqual({
      "db.system.name": "postgresql",
      "db.operation.name": "create",
      "db.collection.name": "accounts",
      "db.namespace": "shop|public",
      "server.port": 5433,
      "annals.events": 1,
    });
  });

  it("is measured in seconds, with the recommended boundaries", async () => {
    const { accounts } = open();
    await accounts.create({ email: "a@example.com" });
    await accounts.count();
    await accounts.count();
    const measured = await telemetry.measured();
    expect(measured.map(({ attributes, count }) => ({ attributes, count }))).toEqual(
      [
        { name: "create", count: 1 },
        { name: "count", count: 2 },
      ].map(({ name, count }) => ({
        count,
        attributes: {
          "db.system.name": "postgresql",
          "db.operation.name": name,
          "db.collection.name": "accounts",
          "db.namespace": "shop|public",
          "server.port": 5433,
        },
      })),
    );
    for (const { metric, unit, sum, boundaries } of measured) {
      expect([metric, unit]).toEqual(["db.client.operation.duration", "s"]);
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThan(5);
      expect(boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    }
  });

  it("has the name of the method, and each call one span", async () => {
    const { accounts } = open();
    const ada = await accounts.create({ email: "a@example.com" });
    await accounts.findById(ada.id);
    await accounts.maybeFindById(ada.id);
    await accounts.findAll([ada.id]);
    await accounts.findByEmail("a@example.com");
    await accounts.maybeFindByEmail("b@example.com");
    await accounts.listByName("Ada");
    await accounts.list();
    await accounts.count();
    await accounts.exists();
    await accounts.history(ada.id);
    expect(names()).toEqual(
      [
        ...["create", "findById", "maybeFindById", "findAll", "findByEmail", "maybeFindByEmail"],
        ...["listByName", "list", "count", "exists", "history"],
      ].map((name) => `${name} accounts`),
    );
  });

  it("covers every method of a repository but those that call others", async () => {
    const { accounts } = open();
    const seen: string[] = [];
    const { instrument } = telemetry;
    const watched = createStoreRepository(Account, new MemoryStore(), {
      instrument: {
        ...instrument,
        operation: (operation) => {
          seen.push(operation.name);
          return instrument.operation(operation);
        },
      },
    });
    expect(Object.keys(watched)).toEqual(Object.keys(accounts));
    const without = Object.keys(watched).filter((name) => !seen.includes(name));
    // References to entities ask for nothing by themselves.
    const isReference = (name: string): boolean => /^(by|maybeBy)[A-Z]|^creator$/.test(name);
    expect(without.filter((name) => !isReference(name)).sort()).toEqual([
      "each",
      "eachEvent",
      "pages",
      "transact",
    ]);
  });

  it("is one for each page of a walk, and each step of a transact", async () => {
    const { accounts } = open();
    const { id } = await accounts.create({ email: "a@example.com" });
    for (const name of ["b", "c"]) await accounts.create({ email: `${name}@example.com` });
    await accounts.transact(id, (ada) => ada.rename("Countess"));
    names();
    for await (const _ of accounts.each({ first: 2 }));
    expect(names()).toEqual(["list accounts", "list accounts"]);
    for await (const _ of accounts.eachEvent(id, { first: 1 }));
    expect(names()).toEqual(["history accounts", "history accounts"]);
    await accounts.transact(id, (ada) => ada.rename("Ada"));
    expect(names()).toEqual(["findById accounts", "update accounts"]);
    await accounts.transact(id, (ada) => ada.rename("B"), { idempotencyKey: "once" });
    expect(names()).toEqual(["findById accounts", "update accounts"]);
  });

  it("counts the events that it writes", async () => {
    const { accounts } = open();
    const ada = await accounts.create({ email: "a@example.com" });
    ada.rename("B");
    ada.rename("C");
    await accounts.update(ada);
    await accounts.update(ada);
    const counts = telemetry.finished().map(({ attributes }) => attributes["annals.events"]);
    expect(counts).toEqual([1, 2, undefined]);
  });

  it("that fails says so by the error's code, and by no value", async () => {
    const { accounts } = open();
    await accounts.create({ email: SECRET });
    await expect(accounts.create({ email: SECRET })).rejects.toThrow(DuplicateValueError);
    const failed = telemetry.finished()[1];
    expect(failed?.attributes["error.type"]).toBe("ANNALS_DUPLICATE_VALUE");
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR);
    expect(JSON.stringify(failed)).not.toContain("secret");
    const measured = await telemetry.measured();
    expect(measured.map(({ attributes }) => Reflect.get(attributes, "error.type"))).toEqual([
      undefined,
      "ANNALS_DUPLICATE_VALUE",
    ]);
    expect(JSON.stringify(measured)).not.toContain("secret");
  });

  it("that fails with a foreign error keeps its message to itself", async () => {
    const store = new MemoryStore();
    const stored = () => {
      throw new RangeError(SECRET);
    };
    const accounts = createStoreRepository(Account, store, {
      context: { stored },
      instrument: telemetry.instrument,
    });
    await expect(accounts.create({ email: "a@example.com" })).rejects.toThrow(RangeError);
    const [span] = telemetry.finished();
    expect(span?.attributes["error.type"]).toBe("RangeError");
    expect(JSON.stringify(span)).not.toContain("secret");
  });

  it("is a child of the span around it", async () => {
    const { accounts } = open();
    await telemetry.tracer.startActiveSpan("request", async (span) => {
      await Promise.all([accounts.count(), accounts.exists()]);
      span.end();
    });
    const [count, exists, request] = telemetry.finished();
    expect([count?.parent, exists?.parent]).toEqual([request?.spanId, request?.spanId]);
  });
});

describe("the trace", () => {
  it("is stored with events, beside the context", async () => {
    const { accounts, context } = open();
    const ada = await context.withContext({ actor: "clerk" }, () =>
      accounts.create({ email: "a@example.com" }),
    );
    ada.rename("B");
    await accounts.update(ada);
    const { items } = await accounts.history(ada.id);
    const [create, update] = telemetry.finished();
    expect(items.map((item) => item.context)).toEqual([
      { actor: "clerk", traceparent: `00-${create?.traceId}-${create?.spanId}-01` },
      { traceparent: `00-${update?.traceId}-${update?.spanId}-01` },
    ]);
  });

  it("is left out when it is not wanted", async () => {
    const { store } = open();
    const instrument = openTelemetry({ traceparent: false });
    const accounts = createStoreRepository(Account, store, { instrument });
    const { id } = await accounts.create({ email: "a@example.com" });
    expect((await accounts.history(id)).items[0]?.context).toBeNull();
  });

  it("is what the W3C's Trace Context says", () => {
    const [traceId, spanId] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
    expect(spanOf(`00-${traceId}-${spanId}-01`)).toEqual({
      ...{ traceId, spanId },
      traceFlags: 1,
      isRemote: true,
    });
    expect(spanOf(`cc-${traceId}-${spanId}-00-what-comes-later`)?.traceFlags).toBe(0);
    for (const wrong of [
      ...[null, 7, "", `00-${traceId}-${spanId}`, `00-${traceId}-${spanId}-1`],
      ...[`ff-${traceId}-${spanId}-01`, `00-${"0".repeat(32)}-${spanId}-01`],
      ...[`00-${traceId}-${"0".repeat(16)}-01`, `00-${traceId.toUpperCase()}-${spanId}-01`],
    ]) {
      expect(spanOf(wrong), String(wrong)).toBeUndefined();
    }
    expect(currentTraceparent()).toBeUndefined();
  });
});

describe("without an SDK", () => {
  it("does nothing, until one is registered", async () => {
    const instrument = openTelemetry();
    const accounts = createStoreRepository(Account, new MemoryStore(), { instrument });
    const { id } = await accounts.create({ email: "a@example.com" });
    expect((await accounts.history(id)).items[0]?.context).toBeNull();

    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    trace.setGlobalTracerProvider(provider);
    await accounts.count();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(["count accounts"]);
    trace.disable();
  });
});
