import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { EmbeddedServer } from "@annals/testing/postgres";
import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consumers, createConsumer, createRepository } from "../src/index.ts";
import { Account, Order, type Tables } from "./adversarial/entities.ts";
import { connect, createTestDatabase, startGround } from "./adversarial/ground.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";

// A database is dumped while consumers are at work, and restored into a cluster where transaction ids, the
// life of the server and everything that it counts begin anew.

const binaries = chosenBinaries() ?? "";
const isMissing = !existsSync(join(binaries, "pg_dump"));
const skipped =
  noOwnServer() ?? (isMissing ? "(skipped: POSTGRES_BINARIES names no pg_dump)" : undefined);

const program = (name: string) => promisify(execFile).bind(undefined, join(binaries, name));
const LARGE = { maxBuffer: 2 ** 30 };

const POISON = 13;

const follower = (db: Kysely<Tables>, isMended: boolean) =>
  createConsumer(db, {
    name: "follower",
    topics: [Account, Order],
    slots: 4,
    leaseMs: 500,
    batchSize: 5,
    pollIntervalMs: 5,
    retry: { attempts: 1 },
    onEvent: async (event, { tx, key, sequence, position }) => {
      if (!isMended && event.type === "Deposited" && event.amount === POISON) {
        throw new Error("not yet");
      }
      await tx
        .insertInto("deliveries")
        .values({ consumer: "follower", entity: key, sequence, position })
        .execute();
    },
  });

/** What was not handled once, or not in the order of its entity. */
const wrong = async (db: Kysely<Tables>): Promise<readonly object[]> => {
  const { rows } = await sql<object>`
with written as (
  select id as entity, sequence, position from account_events
  union all select id, sequence, position from order_events
), handled as (
  select entity, sequence, position, count(*) as times, min(n) as n from deliveries group by 1, 2, 3
)
select entity, sequence, coalesce(times, 0) as times from written left join handled using (entity, sequence, position)
where times is distinct from 1
union all
select entity, sequence, null from (
  select *, n < lag(n) over (partition by entity order by sequence) as is_late from handled
) o where is_late`.execute(db);
  return rows;
};

const transactionId = async (db: Kysely<Tables>): Promise<number> => {
  const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(db);
  return Number(rows[0]?.id);
};

const writing = (db: Kysely<Tables>, name: string) => {
  const accounts = createRepository(Account, { db });
  const orders = createRepository(Order, { db });
  const stopping = new AbortController();
  let written = 0;
  const write = async (at: number): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const account = await accounts.create({ handle: `${name}-${at}-${turn}` });
      account.deposit(turn % 7 === 0 ? POISON : 1);
      account.deposit(2);
      await accounts.update(account);
      const order = await orders.create({});
      order.addLine("apples");
      await orders.update(order);
      written += 1;
    }
  };
  const writes = Promise.all([0, 1, 2].map(write));
  writes.catch(() => {});
  return {
    written: () => written,
    stop: async (): Promise<void> => {
      stopping.abort();
      await writes;
    },
  };
};

describe.skipIf(skipped !== undefined)(`a restored dump ${skipped ?? ""}`, () => {
  let before: EmbeddedServer;
  let after: EmbeddedServer;
  beforeAll(async () => {
    [before, after] = await Promise.all([startGround({ binaries }), startGround({ binaries })]);
  }, 60_000);
  afterAll(() => Promise.all([before?.stop(), after?.stop()]));

  it("has consumers go on where they were, and lose and repeat nothing", async () => {
    const source = await createTestDatabase(before);
    const db = connect(source, { max: 8 });
    // What the other cluster will not have counted up to for long.
    await sql`do $$ begin for n in 1..20000 loop
      begin insert into elsewhere values ('x'); exception when others then null; end; end loop; end $$`.execute(
      db,
    );
    const writers = writing(db, "before");
    const stopping = new AbortController();
    const run = follower(db, false).run(stopping);
    const letters = async () => (await consumers(db).deadLetters({ consumer: "follower" })).length;
    await expect.poll(letters, { timeout: 60_000 }).toBeGreaterThan(2);
    await expect.poll(writers.written, { timeout: 60_000 }).toBeGreaterThan(60);
    const { stdout: dump } = await program("pg_dump")(["--dbname", source], LARGE);
    await writers.stop();
    stopping.abort();
    await run;
    const dumpedAt = await transactionId(db);
    await db.destroy();

    const { connectionString } = await after.createDatabase();
    const restored = connect(connectionString, { max: 8 });
    await sql`create role annals_eraser nologin`.execute(restored);
    const psql = program("psql")(
      ["--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", connectionString],
      LARGE,
    );
    psql.child.stdin?.end(dump);
    await psql;
    expect(await transactionId(restored)).toBeLessThan(dumpedAt);
    // It was at work, and behind, and had failed on some.
    const open = await consumers(restored).deadLetters({ consumer: "follower" });
    expect(open.length).toBeGreaterThan(2);
    expect((await wrong(restored)).length).toBeGreaterThan(open.length);

    const mended = follower(restored, true);
    const going = new AbortController();
    const goesOn = mended.run({ signal: going.signal });
    const writersAfter = writing(restored, "after");
    await consumers(restored).redrive({ consumer: "follower" });
    await expect.poll(writersAfter.written, { timeout: 60_000 }).toBeGreaterThan(20);
    await writersAfter.stop();
    await expect.poll(() => wrong(restored), { timeout: 60_000 }).toEqual([]);
    going.abort();
    await goesOn;
    await restored.destroy();
  }, 240_000);
});
