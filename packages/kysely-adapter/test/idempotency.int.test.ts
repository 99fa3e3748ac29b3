import {
  IdempotencyKeyReusedError,
  isReplayed,
  LockTimeoutError,
  OutcomeUnknownError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { annalsPool, createRepository, entityMigration, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const pool = new pg.Pool({ connectionString, max: 24 });
pool.on("error", () => {});
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
const accounts = createRepository(Account, { db });
afterAll(() => db.destroy());

let made = 0;
const fresh = () => {
  made += 1;
  return { email: `${made}@example.com`, idempotencyKey: `key-${made}` };
};

const eventsOf = async (id: string): Promise<number> => {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from account_events where id = ${id}`.execute(db);
  return rows[0]?.count ?? 0;
};

const keysNamed = async (idempotencyKey: string) => {
  const { rows } = await sql<Record<string, unknown>>`
    select * from annals.idempotency_keys where key = ${idempotencyKey}`.execute(db);
  return rows;
};

/** Waits until somebody waits for a lock. */
const someoneWaits = async (): Promise<void> => {
  await expect
    .poll(
      async () => {
        const { rows } = await sql`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
        return rows.length;
      },
      { timeout: 10_000, interval: 10 },
    )
    .toBeGreaterThan(0);
};

const expire = async (): Promise<void> => {
  await sql`update annals.idempotency_keys set expires_at = now() - interval '1 hour'`.execute(db);
};

describe("equal requests at once", () => {
  it.each([2, 20])("%d creates on connections of their own are one", async (count) => {
    const { email, idempotencyKey } = fresh();
    const all = await Promise.all(
      Array.from({ length: count }, () => accounts.create({ email }, { idempotencyKey })),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter((one) => !isReplayed(one))).toHaveLength(1);
    expect(await eventsOf((all[0] as (typeof all)[0]).id)).toBe(1);
    expect(await keysNamed(idempotencyKey)).toHaveLength(1);
  });

  it.each([2, 20])("%d updates are one", async (count) => {
    const { email, idempotencyKey } = fresh();
    const { id } = await accounts.create({ email });
    const copies = await Promise.all(Array.from({ length: count }, () => accounts.findById(id)));
    const written = await Promise.all(
      copies.map((copy) => {
        copy.rename("B");
        copy.rename("C");
        return accounts.update(copy, { idempotencyKey });
      }),
    );
    expect(written).toEqual(copies.map(() => 2));
    expect(copies.map(({ version }) => version)).toEqual(copies.map(() => 3));
    expect(copies.filter((copy) => !isReplayed(copy))).toHaveLength(1);
    expect(await eventsOf(id)).toBe(3);
  });

  it("of twenty that find a key expired, one takes it over", async () => {
    const { email, idempotencyKey } = fresh();
    const { id } = await accounts.create({ email }, { idempotencyKey });
    await expire();
    const next = fresh();
    const all = await Promise.all(
      Array.from({ length: 20 }, () => accounts.create({ email: next.email }, { idempotencyKey })),
    );
    expect(new Set(all.map((one) => one.id)).size).toBe(1);
    expect(all[0]?.id).not.toBe(id);
    expect(all.filter((one) => !isReplayed(one))).toHaveLength(1);
  });

  it("one key for changes of two entities is the first one's", async () => {
    const { idempotencyKey } = fresh();
    const entities = [
      await accounts.create({ email: fresh().email }),
      await accounts.create({ email: fresh().email }),
    ];
    for (const entity of entities) entity.rename("B");
    const ends = await Promise.allSettled(
      entities.map((entity) => accounts.update(entity, { idempotencyKey })),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { reason } = ends.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(IdempotencyKeyReusedError);
  });
});

describe("a request whose first try is still at work", () => {
  const opened = async (email: string, idempotencyKey: string) => {
    const first = await db.startTransaction().execute();
    await accounts.create({ email }, { tx: first, idempotencyKey });
    return first;
  };

  it.each(["on its own", "in a transaction"])(
    "waits %s, and proceeds when the first rolls back",
    async (how) => {
      const { email, idempotencyKey } = fresh();
      const first = await opened(email, idempotencyKey);
      const second =
        how === "on its own"
          ? accounts.create({ email }, { idempotencyKey })
          : transaction(db, (tx) => accounts.create({ email }, { tx, idempotencyKey }));
      await someoneWaits();
      await first.rollback().execute();
      const made = await second;
      expect([isReplayed(made), made.version]).toEqual([false, 1]);
      expect(await eventsOf(made.id)).toBe(1);
    },
  );

  it.each(["on its own", "in a transaction"])(
    "waits %s, and is replayed when the first commits, which leaves its transaction as it is",
    async (how) => {
      const { email, idempotencyKey } = fresh();
      const other = fresh();
      const first = await opened(email, idempotencyKey);
      const second =
        how === "on its own"
          ? accounts.create({ email }, { idempotencyKey })
          : transaction(db, async (tx) => {
              const replayed = await accounts.create({ email }, { tx, idempotencyKey });
              await accounts.create({ email: other.email }, { tx });
              return replayed;
            });
      await someoneWaits();
      await first.commit().execute();
      expect(isReplayed(await second)).toBe(true);
      expect(await accounts.count({ where: { email } })).toBe(1);
      const others = await accounts.count({ where: { email: other.email } });
      expect(others).toBe(how === "on its own" ? 0 : 1);
    },
  );

  it("proceeds when the first one's connection is gone", async () => {
    const { email, idempotencyKey } = fresh();
    const first = await opened(email, idempotencyKey);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(first);
    const second = accounts.create({ email }, { idempotencyKey });
    await someoneWaits();
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    const created = await second;
    expect([isReplayed(created), await eventsOf(created.id)]).toEqual([false, 1]);
    await first
      .rollback()
      .execute()
      .catch(() => {});
  });

  it("waits no longer than it may, and holds nothing then", async () => {
    const { email, idempotencyKey } = fresh();
    const first = await opened(email, idempotencyKey);
    const impatient = createRepository(Account, { db, lockTimeoutMs: 100 });
    const second = impatient.create({ email }, { idempotencyKey });
    await expect(second).rejects.toMatchObject({ retryable: true });
    await expect(second).rejects.toBeInstanceOf(LockTimeoutError);
    await first.commit().execute();
    expect(isReplayed(await impatient.create({ email }, { idempotencyKey }))).toBe(true);
  });
});

describe("a request whose outcome nobody can tell", () => {
  it("is repeated with the same key, and takes effect once", async () => {
    const { email, idempotencyKey } = fresh();
    const account = await accounts.create({ email });
    const holder = await db.startTransaction().execute();
    await sql`select from accounts where id = ${account.id} for update`.execute(holder);
    account.rename("B");
    const lost = accounts.update(account, { idempotencyKey }).catch((error: unknown) => error);
    await someoneWaits();
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    expect(await lost).toBeInstanceOf(OutcomeUnknownError);
    await holder.rollback().execute();
    for (const isRepetition of [false, true]) {
      const read = await accounts.findById(account.id);
      read.rename("B");
      expect(await accounts.update(read, { idempotencyKey })).toBe(1);
      expect([isReplayed(read), read.version]).toEqual([isRepetition, 2]);
    }
    expect(await eventsOf(account.id)).toBe(2);
  });
});

describe("a transaction at repeatable read", () => {
  it("runs again when another one has just written its key, and is replayed", async () => {
    const { email, idempotencyKey } = fresh();
    let tries = 0;
    const replayed = await transaction(
      db,
      async (tx) => {
        tries += 1;
        await sql`select 1`.execute(tx);
        if (tries === 1) await accounts.create({ email }, { tx: "none", idempotencyKey });
        return accounts.create({ email }, { tx, idempotencyKey });
      },
      { isolationLevel: "repeatable read", retry: true },
    );
    expect([tries, isReplayed(replayed)]).toEqual([2, true]);
  });
});

describe("what is stored with a key", () => {
  it("names the request and its events, and holds nothing of what they say", async () => {
    const { email, idempotencyKey } = fresh();
    const account = await accounts.create({ email, name: "Confidential" }, { idempotencyKey });
    account.rename("Secret");
    account.rename("Secret again");
    await accounts.update(account, { idempotencyKey: `${idempotencyKey}-2` });
    const rows = [
      ...(await keysNamed(idempotencyKey)),
      ...(await keysNamed(`${idempotencyKey}-2`)),
    ];
    const stored = { scope: "account", entity_id: account.id };
    expect(rows).toMatchObject([
      { ...stored, first_sequence: 1, last_sequence: 1 },
      { ...stored, first_sequence: 2, last_sequence: 3 },
    ]);
    expect(Object.keys(rows[0] ?? {}).toSorted()).toEqual([
      ...["entity_id", "expires_at", "fingerprint", "first_sequence", "key", "last_sequence"],
      "scope",
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/example|confidential|secret/i);
    const day = 24 * 60 * 60 * 1000;
    for (const { expires_at } of rows) {
      expect(Math.abs((expires_at as Date).getTime() - Date.now() - day)).toBeLessThan(60_000);
    }
  });

  it("is apart for each schema", async () => {
    const { email, idempotencyKey } = fresh();
    await sql`create schema if not exists tenant`.execute(db);
    const tenant = db.withSchema("tenant");
    await entityMigration(Account).up(tenant);
    const theirs = createRepository(Account, { db: tenant });
    const [one, other] = [
      await accounts.create({ email }, { idempotencyKey }),
      await theirs.create({ email }, { idempotencyKey }),
    ];
    expect([isReplayed(one), isReplayed(other)]).toEqual([false, false]);
    expect((await keysNamed(idempotencyKey)).map(({ scope }) => scope)).toEqual([
      "account",
      "tenant.account",
    ]);
    expect((await theirs.create({ email }, { idempotencyKey })).id).toBe(other.id);
  });
});
