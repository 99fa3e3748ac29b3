import type { Clock } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../src/connection/statement.ts";
import { createConsumer, createRepository } from "../src/index.ts";
import { moveCheckpoint, readProgress } from "../src/statements/consumer-checkpoint.ts";
import { readEntityReached, readPositionReached } from "../src/statements/consumer-health.ts";
import {
  noteFollows,
  readRegistration,
  readRenaming,
} from "../src/statements/consumer-registration.ts";
import {
  liftHeldKey,
  moveHeldKey,
  readKey,
  readTrouble,
  settleLetter,
  suspectEvent,
} from "../src/statements/dead-letters.ts";
import { listLetters } from "../src/statements/decide-letters.ts";
import { deleteState, takeDueState } from "../src/statements/keyed-state.ts";
import {
  joinConsumer,
  leaveConsumer,
  readStanding,
  releaseSlots,
  renewLeases,
  takeSlots,
} from "../src/statements/slot-leases.ts";
import { consumerPlace } from "../src/statements/start-position.ts";
import { Account } from "./database/account.ts";
import { genericPlan } from "./database/generic-plan.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { CountingProxy } from "./wire/counting-proxy.ts";

// What consumers ask costs the same with many consumers, dead letters and keys, and as few round trips as
// are said.

const database = await testDatabase({
  name: "accounts",
  migrate: (connectionString) => migrate(connectionString, [Account]),
});
const proxy = await CountingProxy.open(database.connectionString);
const db = openDatabase(proxy.connectionString);
const accounts = createRepository(Account, { db });
afterAll(async () => {
  await db.destroy();
  await proxy.close();
});

beforeAll(async () => {
  for (const insert of [
    `insert into annals.consumers (name, topics) select 'c' || n, '{account}' from generate_series(1, 1000) n`,
    `insert into annals.slots (consumer, slot) select 'c' || n, s from generate_series(1, 1000) n, generate_series(0, 7) s`,
    `insert into annals.checkpoints (consumer, slot, position) select 'c' || n, s, 0 from generate_series(1, 1000) n, generate_series(0, 7) s`,
    `insert into annals.consumer_processes (consumer, process, alive_until, handles)
     select 'c' || n, gen_random_uuid(), now() + interval '1 hour', '{}' from generate_series(1, 1000) n, generate_series(1, 3)`,
    `insert into annals.dead_letters (consumer, topic, key, sequence, position, event_type, status, attempts)
     select 'c' || n % 20 + 1, 'account', 'k' || n, 1, n, 'AccountOpened', case n % 50 when 0 then 'redrive' else 'dead' end, 1
     from generate_series(1, 20000) n`,
    `insert into annals.held_keys (consumer, topic, key, position, sequence, dead_letter)
     select consumer, topic, key, position, 1, id from annals.dead_letters where position % 3 = 0`,
    `insert into annals.consumer_state (consumer, key, value, expires_at)
     select 'c' || n % 20, 'k' || n, '1', now() + n * interval '1 minute' from generate_series(1, 20000) n`,
    `insert into annals.renamed_consumers (name, renamed_to) select 'old' || n, 'c' || n from generate_series(1, 1000) n`,
  ]) {
    await sql.raw(insert).execute(db);
  }
  await accounts.createAll(
    Array.from({ length: 3_000 }, (_, n) => ({ email: `${n}@example.com` })),
  );
  await sql`analyze`.execute(db);
});

describe("the plan of", () => {
  it.each<[string, Statement, readonly string[]]>([
    ["moving a checkpoint", moveCheckpoint, ["checkpoints_pkey"]],
    ["the progress of others", readProgress, ["checkpoints_pkey"]],
    ["renewing leases", renewLeases, ["slots_pkey"]],
    ["taking part", joinConsumer, ["slots_pkey", "consumer_processes_pkey"]],
    ["how it stands", readStanding, ["consumers_pkey", "slots_pkey", "consumer_processes_pkey"]],
    ["taking slots", takeSlots, ["slots_pkey", "checkpoints_pkey"]],
    ["giving slots back", releaseSlots, ["slots_pkey"]],
    ["leaving", leaveConsumer, ["slots_pkey", "consumer_processes_pkey"]],
    ["a registration", readRegistration, ["consumers_pkey"]],
    ["a former name", readRenaming, ["renamed_consumers_pkey"]],
    ["noting what it reads", noteFollows, ["consumers_pkey"]],
    ["where another one is", consumerPlace, ["checkpoints_pkey"]],
    ["what is held", readTrouble, ["held_keys_pkey", "dead_letters_open_idx"]],
    ["settling a dead letter", settleLetter, ["dead_letters_event_key"]],
    ["moving a held key", moveHeldKey, ["held_keys_pkey"]],
    ["lifting a hold", liftHeldKey, ["held_keys_pkey"]],
    ["dead letters", listLetters, ["dead_letters"]],
    ["a suspect", suspectEvent, ["slots_pkey"]],
    ["a key's events", readKey("public", Account.plan, [Account.plan]), ["account_events_id_seq"]],
    ["a position that is waited for", readPositionReached, ["checkpoints_pkey", "held_keys_pkey"]],
    [
      "an entity that is waited for",
      readEntityReached("public", Account.plan),
      ["account_events_id_seq", "checkpoints_pkey"],
    ],
    ["forgetting state", deleteState, ["consumer_state_pkey"]],
    ["state that is due", takeDueState, ["consumer_state_expires_at_idx"]],
  ])("%s uses its indexes and scans no table", async (_, statement, indexes) => {
    const plan = await genericPlan(db, statement);
    for (const index of indexes) expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan on (?!position\b|pg_)/);
  });
});

/** A clock whose sleeps end when they are told to, one poll at a time. */
class HandClock implements Clock {
  #waiting: (() => void)[] = [];

  now(): Date {
    return new Date();
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener("abort", () => resolve());
    });
  }

  /** Ends the sleep that is slept; waits for one to begin. */
  async tick(): Promise<void> {
    await expect.poll(() => this.#waiting.length, { interval: 5 }).toBeGreaterThan(0);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

describe("round trips", () => {
  it.each([
    // BEGIN and COMMIT around what handlers send; at least once, the checkpoint moves on its own.
    ["exactly-once", "writing nothing", 0],
    ["exactly-once", "with a statement", 3],
    ["at-least-once", "writing nothing", 0],
  ] as const)(
    "of twenty batches, handled %s %s, are four readings and their moves",
    async (delivery, how, own) => {
      const { rows } = await sql<{ id: string }>`
      select id from account_events order by position limit 2000`.execute(db);
      let batches = 0;
      const consumer = createConsumer(db, {
        ...{ name: `counted-${delivery}-${own}`, delivery, leaseMs: 600_000 },
        topics: [Account],
        only: { keys: rows.map(({ id }) => id) },
        batch: {
          size: 100,
          handle: async (_, { tx }) => {
            batches += 1;
            if (how === "with a statement" && tx) await sql`select 1`.execute(tx);
          },
        },
      });
      const sent = await proxy.during(() => consumer.catchUp());
      const calls = (statement: string): number =>
        sent.filter(({ kind, name }) => kind === "Bind" && name?.includes(statement)).length;
      expect(batches).toBe(20);
      expect(sent.filter(({ kind }) => kind === "Query")).toHaveLength(own * batches);
      // One move more goes over the events of others; a reading more finds nothing.
      expect(calls("move_checkpoint")).toBeGreaterThanOrEqual(20);
      expect(calls("move_checkpoint")).toBeLessThanOrEqual(22);
      expect(calls("read_topic")).toBeGreaterThanOrEqual(4);
      expect(calls("read_topic")).toBeLessThanOrEqual(6);
    },
  );

  it("an idle consumer sends one statement for each look", async () => {
    const clock = new HandClock();
    let handled = 0;
    const consumer = createConsumer(db, {
      ...{ name: "idle", start: "now", leaseMs: 3_600_000, clock },
      topics: [Account],
      on: {
        AccountOpened: () => {
          handled += 1;
        },
      },
    });
    const stop = new AbortController();
    const running = consumer.run({ signal: stop.signal });
    // Its beginning is over as soon as it looks again and again.
    for (let look = 0; look < 5; look += 1) await clock.tick();
    const sent = await proxy.during(async () => {
      for (let look = 0; look < 20; look += 1) await clock.tick();
    });
    const looks = sent.filter(({ kind }) => kind === "Sync" || kind === "Query").length;
    expect(looks).toBeGreaterThanOrEqual(15);
    expect(looks).toBeLessThanOrEqual(25);
    await accounts.create({ email: "new@example.com" });
    await expect.poll(() => handled).toBe(1);
    stop.abort();
    await running;
  });
});
