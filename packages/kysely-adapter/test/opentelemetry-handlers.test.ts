import {
  createStoreConsumer,
  createStoreRepository,
  HandlerFailedError,
  MemoryStore,
} from "@annals/core";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentTraceparent } from "../src/opentelemetry/trace-parent.ts";
import { Account } from "./database/account.ts";
import { collectTelemetry } from "./telemetry/collected.ts";

let telemetry = collectTelemetry();
beforeEach(() => {
  telemetry = collectTelemetry({ attributes: { "server.port": 5433 } });
});
afterEach(() => telemetry.close());

const SECRET = "ada.secret@example.com";

describe("a handler", () => {
  const follow = (handle: () => void | Promise<void>) => {
    const store = new MemoryStore();
    const { instrument } = telemetry;
    const accounts = createStoreRepository(Account, store, { instrument });
    const consumer = createStoreConsumer(store, {
      name: "mailer",
      onFailure: "stop",
      retry: { attempts: 1 },
      topics: [Account],
      instrument,
      on: { AccountOpened: handle },
    });
    return { accounts, consumer };
  };

  it("is a consumer span that links to the span that stored the event", async () => {
    const seen: unknown[] = [];
    const { accounts, consumer } = follow(() => void seen.push(currentTraceparent()));
    const { id } = await accounts.create({ email: SECRET });
    await consumer.catchUp();
    const [create, process] = telemetry.finished();
    expect(process).toMatchObject({
      name: "process account",
      kind: SpanKind[SpanKind.CONSUMER],
      links: [create?.spanId],
    });
    expect(process?.traceId).not.toBe(create?.traceId);
    expect(seen).toEqual([`00-${process?.traceId}-${process?.spanId}-01`]);
    expect(process?.attributes).toEqual({
      "messaging.system": "annals",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "account",
      "messaging.consumer.group.name": "mailer",
      "messaging.message.id": `account/${id}/1`,
      "annals.event.type": "AccountOpened",
      "annals.position": 1,
      "server.port": 5433,
    });
  });

  it("is the parent of what it does, and is measured", async () => {
    const { accounts, consumer } = follow(async () => {
      await accounts.count();
    });
    await accounts.create({ email: "a@example.com" });
    await consumer.catchUp();
    const [, count, process] = telemetry.finished();
    expect(count?.parent).toBe(process?.spanId);
    const measured = await telemetry.measured();
    const handling = measured.find(({ metric }) => metric === "messaging.process.duration");
    expect(handling).toMatchObject({ unit: "s", count: 1 });
    expect(Object.keys(handling?.attributes ?? {})).not.toContain("messaging.message.id");
  });

  it("that throws is marked as failed", async () => {
    const { accounts, consumer } = follow(() => {
      throw new TypeError(SECRET);
    });
    await accounts.create({ email: "a@example.com" });
    await expect(consumer.catchUp()).rejects.toThrow(HandlerFailedError);
    const [, process] = telemetry.finished();
    expect(process?.attributes["error.type"]).toBe("TypeError");
    expect(process?.status.code).toBe(SpanStatusCode.ERROR);
    expect(JSON.stringify(process)).not.toContain("secret");
  });
});
