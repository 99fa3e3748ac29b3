import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "@annals/faults";
import type { EmbeddedServer } from "@annals/testing/postgres";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTransient } from "../src/connection/sqlstate.ts";
import { consumers, createConsumer } from "../src/index.ts";
import { Account, Order, type Tables } from "./adversarial/entities.ts";
import { connect, createTestDatabase, startGround } from "./adversarial/ground.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";
import { Writing } from "./adversarial/session.ts";
import { Workers, type WorkerTask } from "./faults/workers.ts";

const skipped = noOwnServer();

interface Outcome {
  readonly lost: number;
  readonly repeated: number;
  readonly reordered: number;
}

/** What became of every event; a repeated one counts where it came first. */
const outcomeOf = async (db: Kysely<Tables>, name: string): Promise<Outcome> => {
  const { rows } = await sql<Outcome>`
with written as (
  select id as entity, sequence from account_events union all select id, sequence from order_events
), first as (
  select entity, sequence, min(n) as n, count(*) as times
  from deliveries where consumer = ${name} group by entity, sequence
), ordered as (
  select n < lag(n) over (partition by entity order by sequence) as is_late from first
)
select
  (select count(*)::int from (select * from written except select entity, sequence from first) lost) as lost,
  (select coalesce(sum(times - 1), 0)::int from first) as repeated,
  (select count(*)::int from ordered where is_late) as reordered`.execute(db);
  return rows[0] as Outcome;
};

const untilAllHandled = async (db: Kysely<Tables>, names: readonly string[]): Promise<void> => {
  const behind = async (): Promise<number | undefined> => {
    const { rows } = await sql<{ behind: number }>`
select count(*)::int as behind from annals.checkpoints
where consumer = any (${names}) and position < greatest((select max(position) from account_events), (select max(position) from order_events))`.execute(
      db,
    );
    return rows[0]?.behind;
  };
  await expect.poll(behind, { timeout: 120_000, interval: 100 }).toBe(0);
};

/** Waits until so many processes take part. */
const joined = async (db: Kysely<Tables>, processes: number): Promise<void> => {
  const taking = async (): Promise<number | undefined> => {
    const { rows } = await sql<{ n: number }>`
select count(*)::int as n from annals.consumer_processes`.execute(db);
    return rows[0]?.n;
  };
  await expect.poll(taking, { timeout: 60_000, interval: 50 }).toBe(processes);
};

// A busy machine takes its time to start a process; nothing here depends on how long.
const PATIENCE = { timeout: 240_000 };

describe.skipIf(skipped !== undefined)(`processes that die ${skipped ?? ""}`, PATIENCE, () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    server = await startGround({ binaries: chosenBinaries() });
  });
  afterAll(() => server?.stop());

  it("lose nothing and keep every order, under kills, lost connections and a crash", async () => {
    const connectionString = await createTestDatabase(server);
    const db = connect(connectionString, { max: 4, name: "writer" });
    const watch = connect(connectionString, { max: 2 });
    const workers = new Workers();
    const task = { connectionString, slots: 4, leaseMs: 400 };
    const names = ["exactly", "at-least"];
    const tasks: readonly WorkerTask[] = [
      { ...task, name: "exactly", delivery: "exactly-once" },
      { ...task, name: "at-least", delivery: "at-least-once" },
    ];
    for (const each of [...tasks, ...tasks]) workers.start(each);
    await joined(watch, 4);
    const writing = new Writing(db);
    const ids: string[] = [];
    for (let at = 0; at < 12; at += 1) ids.push(await writing.newAccount(`account-${at}`));
    const random = new Random(7);
    const stop = new AbortController();
    const writers = [0, 1].map(async () => {
      while (!stop.signal.aborted) {
        await writing.deposit(random.pick(ids), random.between(1, 4)).catch((error: unknown) => {
          const cause = error instanceof Error ? (error.cause ?? error) : error;
          if (
            !isTransient(cause) &&
            !isTransient(error) &&
            !/concurrent|unknown/i.test(String(error))
          ) {
            throw error;
          }
        });
        await sleep(3);
      }
    });
    for (let turn = 0; turn < 8; turn += 1) {
      await sleep(500);
      await workers.replace(random.between(0, 3));
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'worker' order by random() limit 2`
        .execute(watch)
        .catch(() => {});
      if (turn === 4) await server.restart("immediate");
    }
    stop.abort();
    await Promise.all(writers);
    await untilAllHandled(watch, names);
    await workers.stop();
    const [exactly, atLeast] = await Promise.all(names.map((name) => outcomeOf(watch, name)));
    await Promise.all([db.destroy(), watch.destroy()]);
    expect(workers.failures).toEqual([]);
    expect(exactly).toEqual({ lost: 0, repeated: 0, reordered: 0 });
    expect(atLeast).toMatchObject({ lost: 0, reordered: 0 });
  });

  it("give up on an event that blocks one process after the other", async () => {
    const connectionString = await createTestDatabase(server);
    const db = connect(connectionString, { max: 4 });
    const writing = new Writing(db);
    const poison = await writing.newAccount("poison");
    const other = await writing.newAccount("other");
    const name = "blocked";
    // What it blocks on comes next: what goes well in between would take back what is noted of lost leases.
    const before = createConsumer(db, { name, topics: [Account, Order], onEvent: () => {} });
    await before.catchUp();
    for (const id of [poison, other, other]) await writing.deposit(id);
    const workers = new Workers();
    const task = { connectionString, name, slots: 1, leaseMs: 300, poison } as const;
    workers.start({ ...task, delivery: "exactly-once" });
    workers.start({ ...task, delivery: "exactly-once" });
    const letters = async () => consumers(db).deadLetters({ consumer: name });
    const epochNow = async (): Promise<number> => {
      const { rows } = await sql<{ epoch: string }>`
select epoch from annals.slots where consumer = ${name}`.execute(db);
      return Number(rows[0]?.epoch ?? 0);
    };
    let [epoch, killed] = [(await epochNow()) + 1, 0];
    while ((await letters()).length === 0) {
      await sleep(50);
      const now = await epochNow();
      if (now <= epoch) continue;
      epoch = now;
      // The lease was taken over: one hangs, and is put out of its misery.
      await workers.replace(0);
      killed += 1;
    }
    expect(await letters()).toMatchObject([
      { key: poison, sequence: 2, status: "dead", error: { code: "ANNALS_LEASE_OUTLIVED" } },
    ]);
    expect(killed).toBeLessThan(10);
    await untilAllHandled(db, [name]);
    await workers.stop("SIGKILL");
    // The two accounts were opened before, and the event that blocks is handled by nobody.
    expect(await outcomeOf(db, name)).toEqual({ lost: 3, repeated: 0, reordered: 0 });
    await db.destroy();
  });
});
