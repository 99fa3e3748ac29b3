import { LongTransaction, Random } from "@annals/faults";
import type { PostgresServer } from "@annals/testing/postgres";
import type { Kysely } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judgeArrivals, lastDrawn } from "./adversarial/kinds/arrivals.ts";
import { busy, KEYS } from "./adversarial/kinds/crowd.ts";
import { connectKinds, createKindDatabase, type KindTables } from "./adversarial/kinds/ground.ts";
import * as interleavings from "./adversarial/kinds/interleavings.ts";
import { type Kind, kindsOf } from "./adversarial/kinds/kinds.ts";
import { KindWriting } from "./adversarial/kinds/writing.ts";
import { startAnyServer, takesPrepared } from "./adversarial/own-server.ts";

// Every kind of consumer at once, beside transactions that wrote something else and stay open all the
// while, in this database and in another one.

const WRITERS = 6;

let server: PostgresServer;
let unrelated: LongTransaction;
beforeAll(async () => {
  server = await startAnyServer();
  const { connectionString } = await server.createDatabase();
  unrelated = new LongTransaction(connectionString, "create table unrelated (n int)");
  await unrelated.open();
});
afterAll(async () => {
  await unrelated?.close();
  await server?.stop();
});

/** What a kind promises of the events beyond a position, and what became of it. */
const verdictOf = async (db: Kysely<KindTables>, kind: Kind, after = 0) => {
  const { name, topics, isExact, isWhole } = kind;
  const { doubled, misplaced, ...rest } = await judgeArrivals(db, name, topics, after);
  return {
    ...{ name, ...rest },
    doubled: isExact ? doubled : 0,
    misplaced: isWhole ? misplaced : 0,
  };
};

const flawless = ({ name }: Kind) => ({
  ...{ name, lost: 0, doubled: 0, invented: 0, inverted: 0, misplaced: 0 },
  events: expect.any(Number),
});

describe("every kind of consumer, step by step,", () => {
  let db: Kysely<KindTables>;
  let writing: KindWriting;
  let here: LongTransaction;
  let kinds: readonly Kind[];
  let looks = 0;
  beforeAll(async () => {
    const connectionString = await createKindDatabase(server);
    here = new LongTransaction(connectionString, "insert into elsewhere values ('long')");
    await here.open();
    db = connectKinds(connectionString, 16);
    writing = new KindWriting(db);
    await writing.prepare(3);
    kinds = kindsOf(db);
  });
  afterAll(async () => {
    await writing?.close();
    await here?.close();
    await db?.destroy();
  });

  /** Those that grow have more slots with each look, until they have enough. */
  const look = async (): Promise<void> => {
    await Promise.all(kinds.map((kind) => kind.open(looks).catchUp()));
    looks += 1;
  };

  it.for(Object.entries(interleavings))("is right despite %s", async ([name, play], { skip }) => {
    if (name === "preparedTransactions") {
      skip(!(await takesPrepared(server)), "max_prepared_transactions is 0, as it is by default");
    }
    const before = await lastDrawn(db);
    await play({ writing, look });
    const verdicts = await Promise.all(kinds.map((kind) => verdictOf(db, kind, before)));
    expect(verdicts).toEqual(kinds.map(flawless));
    expect(verdicts[0]?.events).toBeGreaterThan(0);
  });
});

describe("every kind of consumer, among busy writers,", () => {
  let db: Kysely<KindTables>;
  let kinds: readonly Kind[] = [];

  beforeAll(async () => {
    const connectionString = await createKindDatabase(server);
    const here = new LongTransaction(connectionString, "insert into elsewhere values ('long')");
    await here.open();
    db = connectKinds(connectionString, 16);
    const writerDb = connectKinds(connectionString, WRITERS + 1);
    const writing = new KindWriting(writerDb);
    await writing.prepare(KEYS);
    kinds = kindsOf(db);
    const stop = new AbortController();
    const { signal } = stop;
    const running: Promise<void>[] = [];
    const writers = Array.from({ length: WRITERS }, (_, at) => {
      return { name: `writer-${at}`, writing, random: new Random(at + 1) };
    });
    try {
      // With every stretch one more process of each comes, of those that grow with more slots.
      for (let process = 0; process < 3; process += 1) {
        running.push(...kinds.map((kind) => kind.open(process).run({ signal })));
        await Promise.all(writers.map((writer) => busy(writer, 12)));
        await writing.notices.maintain();
      }
      // Whoever catches up waits for the slots that others have, and for what they are to handle.
      await Promise.all(kinds.map((kind) => kind.open(3).catchUp()));
    } finally {
      stop.abort();
      await Promise.all(running);
      await here.close();
      await writerDb.destroy();
    }
  }, 120_000);
  afterAll(() => db?.destroy());

  it("loses nothing, doubles nothing with tx, and keeps the order of every key", async () => {
    const verdicts = await Promise.all(kinds.map((kind) => verdictOf(db, kind)));
    expect(verdicts).toEqual(kinds.map(flawless));
    expect(verdicts[0]?.events).toBeGreaterThan(WRITERS * 3 * 12);
  });
});
