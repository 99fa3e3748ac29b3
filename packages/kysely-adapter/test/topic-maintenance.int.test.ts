import { InvalidArgumentError, TransactionNotJoinedError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type ControlledTransaction, sql } from "kysely";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConsumer, createTopic, maintainTopics, transaction } from "../src/index.ts";
import { Brief, Feed, noted, Small } from "./database/feed.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Partitions come and go while others publish and read. Each test has a database of its own.

const migrated = (connectionString: string) => migrate(connectionString, [Feed, Brief, Small]);

const open = async () => {
  const database = await testDatabase({ name: "feeds", migrate: migrated });
  const db = openDatabase(database.connectionString);
  return { db, feed: createTopic(Feed, { db }) };
};

let { db, feed } = await open();
afterAll(() => db.destroy());
beforeEach(async () => {
  await db.destroy();
  ({ db, feed } = await open());
});

const fill = async (count = 10): Promise<void> => {
  await feed.publishAll(Array.from({ length: count }, (_, n) => ({ event: noted("k", n) })));
};

const begun = new Set<ControlledTransaction<unknown>>();

const begin = async (
  isolation: "read committed" | "repeatable read" = "read committed",
): Promise<ControlledTransaction<unknown>> => {
  const tx = await db.startTransaction().setIsolationLevel(isolation).execute();
  begun.add(tx);
  return tx;
};

// What a failed test left open would keep its database, and with it the next test, waiting.
afterEach(async () => {
  for (const tx of begun) {
    if (!tx.isCommitted && !tx.isRolledBack) await tx.rollback().execute();
  }
  begun.clear();
});

const partitions = async (): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`
    select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'feed_events'::regclass order by length(inhrelid::regclass::text), 1`.execute(
    db,
  );
  return rows.map(({ name }) => name);
};

const consumer = (name = "reader") => createConsumer(db, { name, topics: [Feed], on: {} });

const log = async () => {
  const { rows } = await sql<{ partition: number; passed_consumers: object; done: boolean }>`
    select partition, passed_consumers, dropped_at is not null as done
    from annals.topic_retention_log order by partition`.execute(db);
  return rows;
};

describe("the next partition", () => {
  it("is there before the one that takes events is closed", async () => {
    expect(await partitions()).toEqual(["feed_events_p1", "feed_events_p2"]);
    await fill(9);
    expect((await feed.maintain()).closed).toBe(false);
    await fill(1);
    expect((await feed.maintain()).closed).toBe(true);
    expect(await partitions()).toEqual(["feed_events_p1", "feed_events_p2", "feed_events_p3"]);
    await fill(1);
    const { rows } = await sql`select count(*)::int as n from feed_events_p2`.execute(db);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it("is added while a transaction that published is open, and others publish", async () => {
    await fill();
    const tx = await begin();
    await feed.publish(noted("open"), { tx });
    expect((await feed.maintain()).closed).toBe(true);
    await feed.publish(noted("k"));
    await feed.publish(noted("open"), { tx });
    await tx.commit().execute();
    const { rows } = await sql`
      select key, tableoid::regclass::text as table from feed_events
      where key = 'open' order by position`.execute(db);
    expect(rows.map((row) => (row as { table: string }).table)).toEqual([
      "feed_events_p1",
      "feed_events_p2",
    ]);
  });

  it("is used at once by a transaction whose snapshot is older", async () => {
    await fill();
    const tx = await begin("repeatable read");
    await sql`select 1`.execute(tx);
    await feed.maintain();
    await feed.publish(noted("old"), { tx });
    await tx.commit().execute();
    const { rows } = await sql`
      select tableoid::regclass::text as table from feed_events where key = 'old'`.execute(db);
    expect(rows).toEqual([{ table: "feed_events_p2" }]);
  });

  it("is closed once when many processes maintain at the same time", async () => {
    await fill();
    const runs = await Promise.all(Array.from({ length: 6 }, () => feed.maintain()));
    expect(runs.filter(({ closed }) => closed)).toHaveLength(1);
    expect(runs.some(({ ran }) => !ran)).toBe(true);
    expect(await partitions()).toHaveLength(3);
  });

  it("is left alone while another process has the topic, and taken over after that", async () => {
    await fill();
    await sql`update annals.topics set maintained_until = clock_timestamp() + interval '1 hour'`.execute(
      db,
    );
    expect(await feed.maintain()).toMatchObject({ ran: false, closed: false });
    await sql`update annals.topics set maintained_until = clock_timestamp()`.execute(db);
    expect(await feed.maintain()).toMatchObject({ ran: true, closed: true });
  });

  it("is found again after a run that ended between its steps", async () => {
    await fill();
    // The sequence says the second partition; nothing has been noted of the first.
    await sql`select setval('feed_events_partition', 2)`.execute(db);
    await fill();
    await feed.maintain();
    const { rows } = await sql`
      select partition, closed_at is not null as closed, events::int as events
      from annals.topic_partitions where topic = 'feed' order by 1`.execute(db);
    // The first was superfluous as soon as it was sealed.
    expect(rows).toEqual([
      { partition: 2, closed: true, events: 10 },
      { partition: 3, closed: false, events: null },
      { partition: 4, closed: false, events: null },
    ]);
  });
});

describe("a partition that retention does not keep", () => {
  it("is dropped, with a record of what it held", async () => {
    await fill();
    await feed.maintain();
    await fill();
    const done = await feed.maintain();
    expect(done.dropped).toMatchObject([{ partition: 1, events: 10, passedConsumers: [] }]);
    const [dropped] = done.dropped;
    expect((dropped?.lastPosition ?? 0) - (dropped?.firstPosition ?? 0)).toBe(9);
    expect(await partitions()).toEqual(["feed_events_p2", "feed_events_p3", "feed_events_p4"]);
    expect(await log()).toEqual([{ partition: 1, passed_consumers: {}, done: true }]);
    expect((await feed.latest("k"))?.event).toEqual(noted("k", 9));
  });

  it("is never dropped before a consumer has handled it, unless told, which is recorded", async () => {
    const reader = consumer();
    await fill(1);
    const position = await reader.catchUp();
    await fill();
    await feed.maintain();
    await fill();
    const held = await feed.maintain();
    expect(held).toMatchObject({ dropped: [], held: { partition: 1, consumers: ["reader"] } });
    expect(await partitions()).toContain("feed_events_p1");
    expect(await log()).toEqual([]);

    const told = await feed.maintain({ pastConsumers: true });
    expect(told.dropped).toMatchObject([{ partition: 1, passedConsumers: ["reader"] }]);
    expect(await log()).toEqual([
      { partition: 1, passed_consumers: { reader: position }, done: true },
    ]);
    await reader.catchUp();
  });

  it.each(["retrying", "waiting", "dead", "redrive"])(
    "is kept for a consumer that failed on one of its events, which is %s",
    async (status) => {
      await fill();
      await consumer().catchUp();
      await feed.maintain();
      await fill();
      await consumer().catchUp();
      await sql`insert into annals.dead_letters
          (consumer, topic, key, sequence, position, event_type, status, attempts)
        select 'reader', 'feed', key, 0, max(position), 'Noted', ${status}, 1
        from feed_events_p1 group by key`.execute(db);
      const { held } = await feed.maintain();
      expect(held).toMatchObject({ partition: 1, consumers: ["reader"] });
      await sql`update annals.dead_letters set status = 'discarded', reason = 'wrong'`.execute(db);
      expect((await feed.maintain()).dropped).toMatchObject([{ partition: 1 }]);
    },
  );

  it("is kept for events that wait for one that failed", async () => {
    await fill();
    await consumer().catchUp();
    await feed.maintain();
    await fill();
    await consumer().catchUp();
    await sql`with letter as (
        insert into annals.dead_letters
          (consumer, topic, key, sequence, position, event_type, status, attempts)
        values ('reader', 'feed', 'k', 0, 1, 'Noted', 'handled', 1) returning id
      )
      insert into annals.held_keys (consumer, topic, key, position, sequence, dead_letter)
      select 'reader', 'feed', 'k', 5, 0, id from letter`.execute(db);
    expect((await feed.maintain()).held).toMatchObject({ consumers: ["reader"] });
    await sql`delete from annals.held_keys`.execute(db);
    expect((await feed.maintain()).dropped).toMatchObject([{ partition: 1 }]);
  });

  it("is kept for what somebody inserts into it by its number", async () => {
    await fill();
    await feed.maintain();
    await fill();
    await consumer().catchUp();
    await sql`update annals.topic_partitions set sealed_at = clock_timestamp(), events = 10,
      first_position = 1, last_position = 10 where topic = 'feed' and partition = 1`.execute(db);
    await sql`insert into feed_events (key, event_type, event, recorded_at, partition)
      values ('late', 'Noted', '{"type": "Noted", "key": "late", "n": 1}', now(), 1)`.execute(db);
    expect((await feed.maintain()).held).toMatchObject({ partition: 1, consumers: ["reader"] });
    await consumer().catchUp();
    expect((await feed.maintain()).dropped).toMatchObject([{ partition: 1 }]);
  });

  it("waits for a transaction that may still add to it", async () => {
    const tx = await begin();
    await feed.publish(noted("late"), { tx });
    await fill();
    await feed.maintain();
    await fill();
    expect(await feed.maintain()).toMatchObject({ dropped: [], held: { isOpen: true } });
    await tx.commit().execute();
    const done = await feed.maintain();
    expect(done.dropped).toMatchObject([{ partition: 1, events: 11 }]);
  });

  it("holds nobody up while a reader has it open", async () => {
    await fill();
    await feed.maintain();
    await fill();
    // Before maintenance looks who still needs what.
    await consumer("quick").catchUp();
    const reader = await begin();
    await sql`select from feed_events limit 1`.execute(reader);
    const maintained = feed.maintain();
    let isOver = false;
    maintained.then(() => {
      isOver = true;
    });
    const detaching = async () => {
      const { rows } = await sql`
        select from pg_inherits where inhdetachpending`.execute(db);
      return rows.length;
    };
    await expect.poll(detaching, { timeout: 30_000 }).toBe(1);
    // Whoever had to wait for the reader would wait for ever: it ends after all this.
    for (let turn = 0; turn < 10; turn += 1) {
      await feed.publish(noted("k"));
      await consumer("quick").catchUp();
    }
    expect(isOver).toBe(false);
    await reader.commit().execute();
    expect((await maintained).dropped).toMatchObject([{ partition: 1 }]);
  });

  it.each([
    ["was decided", async () => {}],
    [
      "was begun and cancelled",
      async () => {
        const reader = await begin();
        await sql`select from feed_events limit 1`.execute(reader);
        const detach = sql`alter table feed_events detach partition feed_events_p1 concurrently`;
        const detached = detach.execute(db).catch((thrown: unknown) => thrown);
        const cancelled = async () => {
          const { rows } = await sql`
            select pg_cancel_backend(pid) from pg_stat_activity
            where datname = current_database() and query like 'alter table feed_events detach%'
              and exists (select from pg_inherits where inhdetachpending)`.execute(db);
          return rows.length;
        };
        await expect.poll(cancelled, { timeout: 30_000 }).toBe(1);
        expect(await detached).toMatchObject({ code: "57014" });
        await reader.rollback().execute();
        const { rows } = await sql`
          select from pg_inherits where inhdetachpending`.execute(db);
        expect(rows).toHaveLength(1);
      },
    ],
    [
      "was taken out",
      async () => {
        await sql`alter table feed_events detach partition feed_events_p1 concurrently`.execute(db);
      },
    ],
    [
      "was dropped and not noted",
      async () => {
        await sql`drop table feed_events_p1`.execute(db);
      },
    ],
  ])("is dropped by the next run when it %s by one that ended", async (_, interrupt) => {
    await fill();
    await feed.maintain();
    await fill(3);
    await sql`insert into annals.topic_retention_log (topic, partition, events, first_position, last_position)
      select topic, partition, events, first_position, last_position
      from annals.topic_partitions where topic = 'feed' and partition = 1`.execute(db);
    await interrupt();
    const done = await feed.maintain();
    expect(done.dropped).toMatchObject([{ partition: 1, events: 10 }]);
    expect(await partitions()).toEqual(["feed_events_p2", "feed_events_p3"]);
    expect(await log()).toMatchObject([{ partition: 1, done: true }]);
    expect((await feed.maintain()).dropped).toEqual([]);
  });
});

describe("retention", () => {
  it("by age keeps what is younger", async () => {
    const brief = createTopic(Brief, { db });
    await brief.publish(noted("old"));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await brief.maintain()).toMatchObject({ closed: true, dropped: [] });
    await new Promise((resolve) => setTimeout(resolve, 3_200));
    await brief.publish(noted("young"));
    expect((await brief.maintain()).dropped).toMatchObject([{ events: 1 }]);
    const { rows } = await sql`select key from brief_events`.execute(db);
    expect(rows).toEqual([{ key: "young" }]);
  });

  it("by size counts what is on disk", async () => {
    const small = createTopic(Small, { db });
    await small.publish(noted("one"));
    // The empty partition beside it has indexes, whose pages count.
    expect((await small.maintain()).dropped).toMatchObject([{ partition: 1, events: 1 }]);
  });

  it("forgets deduplication keys whose window is over", async () => {
    await feed.publish(noted("k"), { deduplicationKey: "kept" });
    await sql`insert into annals.topic_deduplication_keys
      select 'feed', 'over-' || n, now() - interval '1 second' from generate_series(1, 25000) n`.execute(
      db,
    );
    await feed.maintain();
    const { rows } = await sql`select key from annals.topic_deduplication_keys`.execute(db);
    expect(rows).toEqual([{ key: "kept" }]);
  });

  it("of several topics is one call", async () => {
    const runs = await maintainTopics(db, [Feed, Brief, Small]);
    expect(runs.map(({ topic, ran }) => [topic, ran])).toEqual([
      ["feed", true],
      ["brief", true],
      ["small", true],
    ]);
  });

  it("is no part of a transaction", async () => {
    await transaction(db, async (tx) => {
      await expect(feed.maintain()).rejects.toBeInstanceOf(TransactionNotJoinedError);
      const inside = createTopic(Feed, { db: tx });
      await expect(inside.maintain()).rejects.toBeInstanceOf(InvalidArgumentError);
    });
  });
});
