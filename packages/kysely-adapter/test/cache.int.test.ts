import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

// What happens behind the back of a process that knows entities: other transactions, and other SQL.

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const [db, elsewhere] = [openDatabase(connectionString), openDatabase(connectionString)];
const cached = createRepository(Account, { db, cache: true });
const others = createRepository(Account, { db: elsewhere });
afterAll(() => Promise.all([db.destroy(), elsewhere.destroy()]));

let made = 0;
let id: string;
beforeEach(async () => {
  made += 1;
  const account = await others.create({ email: `${made}@example.com` });
  account.rename("Countess");
  await others.update(account);
  id = account.id;
  await cached.findById(id);
});

const rename = (name: string) => others.transact(id, (account) => account.rename(name));

/** Runs SQL that no guard and no trigger sees. */
const unguarded = async (...statements: readonly string[]): Promise<void> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(
    `begin; set local session_replication_role = replica; ${statements.join(";")}; commit`,
  );
  await client.end();
};

describe("what is known", () => {
  it("is not what was erased", async () => {
    expect((await cached.findById(id)).state.name).toBe("Countess");
    const blank = `{"type": "AccountRenamed", "name": "erased"}`;
    await sql`select annals.erase_event('public.account_events', ${id}::uuid, 2, ${blank}::jsonb, null, 'letter 7')`.execute(
      elsewhere,
    );
    expect((await cached.findById(id)).state.name).toBe("erased");
    await rename("Again");
    const found = await cached.findById(id);
    expect([found.state.name, found.version]).toEqual(["Again", 3]);
    expect(found.history[1]).toMatchObject({ name: "erased" });
  });

  it("is not a history that was begun anew under the same id", async () => {
    const event = `{"type": "AccountRenamed", "name": "other"}`;
    await unguarded(
      `delete from account_events where id = '${id}' and sequence = 2`,
      `insert into account_events (id, sequence, event_type, event, recorded_at)
       values ('${id}', 2, 'AccountRenamed', '${event}', now())`,
    );
    expect((await cached.findById(id)).state.name).toBe("other");
  });

  it("is not what a restored backup does not have", async () => {
    await unguarded(
      `delete from account_events where id = '${id}' and sequence = 2`,
      `update accounts set version = 1 where id = '${id}'`,
    );
    expect((await cached.findById(id)).version).toBe(1);
    await rename("Anew");
    await rename("Anew and again");
    const found = await cached.findById(id);
    expect([found.state.name, found.version]).toEqual(["Anew and again", 3]);
    expect(found.history[1]).toMatchObject({ name: "Anew" });
  });

  it("is as an older snapshot has it in a transaction that reads one", async () => {
    await transaction(
      db,
      async (tx) => {
        await sql`select 1`.execute(tx);
        await rename("Later");
        expect((await cached.findById(id, { tx: "none" })).version).toBe(3);
        const before = await cached.findById(id, { tx });
        expect([before.state.name, before.version]).toEqual(["Countess", 2]);
        expect(
          (await cached.list({ where: { email: before.state.email }, tx })).items[0]?.version,
        ).toBe(2);
      },
      { isolationLevel: "repeatable read" },
    );
    expect((await cached.findById(id)).version).toBe(3);
  });

  it("is nothing that a transaction of the user's own took back", async () => {
    await db.connection().execute(async (connection) => {
      const own = createRepository(Account, { db: connection, cache: true });
      await sql`begin`.execute(connection);
      await own.transact(id, (account) => account.rename("Nobody"));
      expect((await own.findById(id)).state.name).toBe("Nobody");
      expect((await own.findByEmail(`${made}@example.com`)).state.name).toBe("Nobody");
      await sql`rollback`.execute(connection);
      expect((await own.findById(id)).state.name).toBe("Countess");
      await rename("Somebody");
      expect((await own.findById(id)).state.name).toBe("Somebody");
    });
  });

  it("outlives a connection that breaks", async () => {
    const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`.execute(elsewhere);
    for (const { pid } of rows)
      await sql`select pg_terminate_backend(${pid}, 5000)`.execute(elsewhere);
    await rename("Later").catch(() => rename("Later"));
    await expect
      .poll(() => cached.findById(id).catch(() => undefined))
      .toMatchObject({ version: 3 });
  });

  it("is read by a role that may read the two tables, and what was erased", async () => {
    const role = `reader_${Math.random().toString(36).slice(2, 10)}`;
    for (const statement of [
      `create role ${role}`,
      `grant usage on schema annals, public to ${role}`,
      `grant select on accounts, account_events to ${role}`,
      `grant select (events_table, entity_id) on annals.erasures to ${role}`,
    ]) {
      await sql.raw(statement).execute(elsewhere);
    }
    const url = new URL(connectionString);
    url.searchParams.set("options", `-c role=${role}`);
    const reading = openDatabase(url.href);
    const readers = createRepository(Account, { db: reading, cache: true });
    try {
      await readers.findById(id);
      await rename("Later");
      expect((await readers.findById(id)).state.name).toBe("Later");
    } finally {
      await reading.destroy();
      await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(elsewhere);
    }
  });
});
