import { defineEntity, upcast } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkEvents, createRepository, createTopic } from "../src/index.ts";
import { eventBatchEnd, eventRange, eventsExtent } from "../src/statements/scan-events.ts";
import { Feed, noted } from "./database/feed.ts";
import { genericPlan } from "./database/generic-plan.ts";
import { migrate, openDatabase } from "./database/open.ts";

const Note = defineEntity({
  name: "note",
  schema: z.object({ text: z.string() }),
  events: { Written: z.object({ text: z.string() }), Struck: z.object({}) },
  versions: {
    Written: [
      upcast(z.object({ words: z.tuple([z.string()]) }), ({ words }) => ({ text: words[0] })),
    ],
  },
  create: (text: string) => ({ type: "Written", text }),
  evolve: { Written: (_, { text }) => ({ text }), Struck: (state) => state },
  commands: { strike: () => ({ type: "Struck" }) },
  index: {},
});

const database = await testDatabase({
  name: "notes",
  migrate: (connectionString) => migrate(connectionString, [Note, Feed]),
});
const db = openDatabase(database.connectionString);
const notes = createRepository(Note, { db });
afterAll(() => db.destroy());

const NOTES = 43;
let ids: readonly string[];

beforeEach(async () => {
  await sql`alter table note_events disable trigger user`.execute(db);
  await sql`truncate notes cascade`.execute(db);
  await sql`alter table note_events enable trigger user`.execute(db);
  const made = await notes.createAll(Array.from({ length: NOTES }, (_, at) => `note ${at}`));
  ids = made.map(({ id }) => id);
  const first = await notes.findById(ids[0] as string);
  first.strike();
  await notes.update(first);
});

/** Replaces what is stored, as no code of today would have written it. */
const stored = async (at: number, event: object): Promise<void> => {
  await sql`alter table note_events disable trigger user`.execute(db);
  const { v = 1 } = event as { v?: number };
  await sql`update note_events set event = ${JSON.stringify(event)}::jsonb, event_version = ${v}
    where id = ${ids[at]}::uuid and sequence = 1`.execute(db);
  await sql`alter table note_events enable trigger user`.execute(db);
};

const inBatches = { batchSize: 5, concurrency: 3 } as const;

describe("checkEvents", () => {
  it("counts what is stored by type and version, old versions included", async () => {
    await stored(3, { type: "Written", words: ["old"] });
    expect(await checkEvents(db, Note, inBatches)).toEqual({
      topic: "note",
      checked: NOTES + 1,
      unreadable: 0,
      versions: [
        { type: "Struck", version: 1, checked: 1, unreadable: 0 },
        { type: "Written", version: 1, checked: 1, unreadable: 0 },
        { type: "Written", version: 2, checked: NOTES - 1, unreadable: 0 },
      ],
      events: [],
      finished: true,
    });
  });

  it("lists the first events that cannot be read, with where they are and why, without values", async () => {
    await stored(30, { type: "Written", v: 2, text: 7, secret: "s3cret" });
    await stored(2, { type: "Written", words: [] });
    await stored(11, { type: "Written", v: 3, text: "later" });
    const found = await checkEvents(db, Note, inBatches);
    expect(found).toMatchObject({ checked: NOTES + 1, unreadable: 3 });
    expect(found.versions.map(({ version, unreadable }) => [version, unreadable])).toEqual([
      [1, 0],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    const positions = found.events.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect(found.events).toEqual([
      expect.objectContaining({ id: ids[2], sequence: 1, type: "Written", version: 1 }),
      expect.objectContaining({
        id: ids[11],
        problem: expect.stringMatching(/newer code wrote it/),
      }),
      expect.objectContaining({
        id: ids[30],
        version: 2,
        problem: expect.stringMatching(/^text: /),
      }),
    ]);
    expect(JSON.stringify(found)).not.toContain("s3cret");
    expect(await checkEvents(db, Note, { ...inBatches, listed: 1 })).toEqual({
      ...found,
      events: found.events.slice(0, 1),
    });
  });

  it("looks at a part when it is told to, and at no less than all otherwise", async () => {
    const counts: number[] = [];
    for (let run = 0; run < 12; run += 1) {
      counts.push((await checkEvents(db, Note, { ...inBatches, sample: 0.5 })).checked);
    }
    // All batches, or none of them, in all twelve runs: less than one in 10^30.
    expect(counts.some((count) => count > 0 && count < NOTES + 1)).toBe(true);
    await expect(checkEvents(db, Note, { sample: 0 })).rejects.toThrow(/sample/);
  });

  it("ends with what was there when it began, beside writers, and can be stopped", async () => {
    const stop = new AbortController();
    const progress: number[] = [];
    const found = await checkEvents(db, Note, {
      batchSize: 10,
      concurrency: 1,
      onProgress: ({ done }) => {
        progress.push(done);
        void notes.create("meanwhile");
      },
    });
    expect(found).toMatchObject({ checked: NOTES + 1, finished: true });
    expect(progress.at(-1)).toBe(NOTES + 1);
    const stopped = await checkEvents(db, Note, {
      batchSize: 10,
      concurrency: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(stopped).toMatchObject({ checked: 10, finished: false });
  });

  it("reads topics of their own, over all of their partitions, binary data included", async () => {
    const feed = createTopic(Feed, { db });
    for (let at = 0; at < 25; at += 1) {
      await feed.publish(noted("k", at));
      if (at % 10 === 9) await feed.maintain({ pastConsumers: true });
    }
    await feed.publish({ type: "Drawn", key: "k", image: new Uint8Array([1]) });
    await sql`insert into feed_events (key, event_type, event, recorded_at)
      values ('sql', 'Drawn', '{"type": "Drawn", "key": "sql"}', now()),
        ('sql', 'Noted', '{"type": "Noted", "key": "sql", "n": 0.5}', now()),
        ('sql', 'Other', '{"type": "Other"}', now())`.execute(db);
    const found = await checkEvents(db, Feed, inBatches);
    const { rows } = await sql<{ count: number }>`select count(*)::int as count
      from feed_events`.execute(db);
    expect(found).toMatchObject({ topic: "feed", checked: rows[0]?.count, unreadable: 3 });
    expect(found.events).toMatchObject([
      { id: "sql", sequence: 0, type: "Drawn", problem: "image: no binary data is stored" },
      { type: "Noted", problem: expect.stringMatching(/^n: /) },
      { type: "Other", problem: 'type: the definition has no event "Other"' },
    ]);
  });

  it("walks by the index of positions, also where the topic is partitioned", async () => {
    for (const part of [eventBatchEnd, eventRange, eventsExtent]) {
      expect(await withoutSeqScan(part("public", Feed.plan))).toMatch(
        /feed_events_p\d_position_partition_key/,
      );
    }
  });
});

const withoutSeqScan = (statement: { readonly sql: string }): Promise<string> =>
  db.connection().execute(async (connection) => {
    await sql`set enable_seqscan = off`.execute(connection);
    const plan = await genericPlan(connection, statement);
    await sql`reset enable_seqscan`.execute(connection);
    return plan;
  });
