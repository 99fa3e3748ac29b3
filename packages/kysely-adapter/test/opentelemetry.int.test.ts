import { type DatabaseOf, DuplicateValueError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import {
  checkEvents,
  createConsumer,
  createRepository,
  createTopic,
  exportHistories,
  importHistories,
  maintainTopics,
  rebuild,
  transaction,
  verify,
} from "../src/index.ts";
import { Account } from "./database/account.ts";
import { Feed, noted } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { collectTelemetry } from "./telemetry/collected.ts";

const { connectionString } = await testDatabase({
  name: "accounts-and-feed",
  migrate: (url) => migrate(url, [Account, Feed]),
});
const db = openDatabase<DatabaseOf<[typeof Account]>>(connectionString);
const telemetry = collectTelemetry();
afterAll(async () => {
  await db.destroy();
  await telemetry.close();
});
const { instrument } = telemetry;
const accounts = createRepository(Account, { db, instrument });

describe("on PostgreSQL", () => {
  it("traces follow an event from its request through its consumer to what that stores", async () => {
    const request = await telemetry.tracer.startActiveSpan("POST /accounts", async (span) => {
      await transaction(db, (tx) => accounts.create({ email: "first@example.com" }, { tx }));
      span.end();
      return span.spanContext();
    });
    const consumer = createConsumer(db, {
      name: "traced",
      topics: [Account],
      instrument,
      on: {
        AccountOpened: async ({ email }, { tx }) => {
          if (email === "first@example.com") {
            await accounts.create({ email: "second@example.com" }, { tx });
          }
        },
      },
    });
    await consumer.catchUp();
    const spans = telemetry.finished();
    const named = (name: string) => spans.filter((span) => span.name === name);
    const first = named("create accounts").find(({ parent }) => parent === request.spanId);
    const process = named("process account").find(({ links }) => links[0] === first?.spanId);
    const second = named("create accounts").find(({ parent }) => parent === process?.spanId);
    expect([first, process, second]).not.toContain(undefined);
    const { rows } = await sql<{ context: unknown }>`
      select context from account_events order by position`.execute(db);
    expect(rows.map(({ context }) => context)).toEqual(
      [first, second].map((span) => ({ traceparent: `00-${span?.traceId}-${span?.spanId}-01` })),
    );
  });

  it("traces follow a published event from its request to its handler", async () => {
    const feed = createTopic(Feed, { db, instrument });
    await feed.publish(noted("k"));
    await feed.publishAll([{ event: noted("k") }, { event: noted("k") }]);
    const consumer = createConsumer(db, {
      ...{ name: "reader", instrument, on: { Noted: () => {} } },
      topics: [Feed],
    });
    await consumer.catchUp();
    const spans = telemetry.finished();
    const [one, several] = ["publish feed_events", "publishAll feed_events"].map((name) =>
      spans.find((span) => span.name === name),
    );
    expect(one).toMatchObject({ kind: "CLIENT", attributes: { "annals.events": 1 } });
    expect(several?.attributes).toMatchObject({
      "db.operation.name": "publishAll",
      "db.collection.name": "feed_events",
      "annals.events": 2,
    });
    const handled = spans.filter(({ name }) => name === "process feed");
    expect(handled.map(({ links }) => links[0])).toEqual([
      one?.spanId,
      several?.spanId,
      several?.spanId,
    ]);
  });

  it("the maintenance of topics, and what it fails on, is seen as well", async () => {
    await maintainTopics(db, [Feed], { instrument });
    const feed = createTopic(Feed, { db, instrument });
    expect(await feed.latest("k")).toBeDefined();
    await expect(feed.publish({ type: "Noted", key: "k", n: 0.5 })).rejects.toThrow();
    const spans = telemetry.finished();
    expect(spans.map(({ name }) => name)).toEqual([
      "maintain feed_events",
      "latest feed_events",
      "publish feed_events",
    ]);
    expect(spans[2]?.attributes).toMatchObject({ "error.type": "ANNALS_INVALID_EVENT" });
    const measured = await telemetry.measured();
    const operations = measured.map(({ attributes }) => attributes);
    expect(operations).toContainEqual(expect.objectContaining({ "db.operation.name": "maintain" }));
  });

  it("verifying and rebuilding are operations, each as a whole", async () => {
    await accounts.create({ email: "verified@example.com" });
    telemetry.finished();
    const inBatches = { instrument, batchSize: 1 } as const;
    await verify(db, Account, inBatches);
    await rebuild(db, Account, inBatches);
    await checkEvents(db, Account, inBatches);
    await expect(verify(db, Account, { instrument, sample: 2 })).rejects.toThrow("sample");
    const spans = telemetry.finished();
    expect(spans.map(({ name }) => name)).toEqual([
      "verify accounts",
      "rebuild accounts",
      "checkEvents account_events",
      "verify accounts",
    ]);
    for (const { kind } of spans) expect(kind).toBe("CLIENT");
    expect(spans[1]?.attributes).toMatchObject({
      "db.operation.name": "rebuild",
      "db.collection.name": "accounts",
    });
    expect(spans.map(({ attributes }) => attributes["error.type"])).toEqual([
      ...[undefined, undefined, undefined],
      "ANNALS_INVALID_ARGUMENT",
    ]);
    const operations = (await telemetry.measured()).map(({ attributes }) => attributes);
    expect(operations).toContainEqual(expect.objectContaining({ "db.operation.name": "verify" }));
  });

  it("an import is an operation for each batch, with the events that it stored", async () => {
    const lines: string[] = [];
    for await (const batch of exportHistories(db, Account)) lines.push(...batch);
    const [line = ""] = lines;
    const copies = ["one", "two", "three"].map((copy) => {
      const history = JSON.parse(line);
      history.id = crypto.randomUUID();
      for (const { event } of history.events) event.email = `${copy}@import.example.com`;
      return JSON.stringify(history);
    });
    const events = JSON.parse(line).events.length;
    const given = [...copies, line];
    const checked = { instrument, dryRun: true };
    expect(await importHistories(db, [Account], given, checked)).toMatchObject({ imported: 3 });
    const done = await importHistories(db, [Account], given, { instrument, batchSize: 2 });
    expect(done).toMatchObject({ imported: 3, present: 1, refused: 0 });
    const spans = telemetry.finished();
    expect(spans.map(({ name }) => name)).toEqual(spans.map(() => "importHistories accounts"));
    // One that only checked, then one of two that are new, and one of a new and a known one.
    const stored = spans.map(({ attributes }) => attributes["annals.events"]);
    expect(stored).toEqual([undefined, 2 * events, events]);
    expect(JSON.stringify(spans)).not.toContain("import.example.com");
  });

  it("a query of the user's own is an operation like the others", async () => {
    await accounts.query((on) => on.selectFrom("accounts").select("id"));
    const [span] = telemetry.finished();
    expect(span?.name).toBe("query accounts");
    expect(span?.attributes["db.operation.name"]).toBe("query");
  });

  it("a failure has the database's own code beside ours", async () => {
    await accounts.create({ email: "taken@example.com" });
    telemetry.finished();
    const taken = accounts.create({ email: "taken@example.com" });
    await expect(taken).rejects.toThrow(DuplicateValueError);
    const [span] = telemetry.finished();
    expect(span?.attributes).toMatchObject({
      "error.type": "ANNALS_DUPLICATE_VALUE",
      "db.response.status_code": "23505",
    });
    expect(JSON.stringify(span)).not.toContain("taken@");
  });
});
