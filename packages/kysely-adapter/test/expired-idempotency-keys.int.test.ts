import { InvalidArgumentError, isReplayed } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository, deleteExpiredIdempotencyKeys, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const db = openDatabase(connectionString);
const accounts = createRepository(Account, { db });
afterAll(() => db.destroy());

let made = 0;
const fresh = () => {
  made += 1;
  return { email: `${made}@example.com`, idempotencyKey: `key-${made}` };
};

const keysNamed = async (idempotencyKey: string) => {
  const { rows } = await sql<Record<string, unknown>>`
    select * from annals.idempotency_keys where key = ${idempotencyKey}`.execute(db);
  return rows;
};

const expire = async (): Promise<void> => {
  await sql`update annals.idempotency_keys set expires_at = now() - interval '1 hour'`.execute(db);
};

describe("deleteExpiredIdempotencyKeys", () => {
  it("deletes what has expired, in batches, and nothing else", async () => {
    await deleteExpiredIdempotencyKeys(db);
    const { rows: live } = await sql`select from annals.idempotency_keys`.execute(db);
    const expired = Array.from({ length: 25 }, fresh);
    const brief = createRepository(Account, { db, idempotencyKeyTtlMs: 1 });
    for (const { email, idempotencyKey } of expired)
      await brief.create({ email }, { idempotencyKey });
    await sql`select pg_sleep(0.01)`.execute(db);
    expect(await deleteExpiredIdempotencyKeys(db, { batchSize: 10 })).toBe(25);
    expect(await deleteExpiredIdempotencyKeys(db, { batchSize: 10 })).toBe(0);
    const { rows } = await sql`select from annals.idempotency_keys`.execute(db);
    expect(rows).toHaveLength(live.length);
  });

  it("leaves what another transaction takes over, and does not wait for it", async () => {
    const [{ email, idempotencyKey }, next] = [fresh(), fresh()];
    await accounts.create({ email }, { idempotencyKey });
    await expire();
    await transaction(db, async (tx) => {
      const over = await accounts.create({ email: next.email }, { tx, idempotencyKey });
      expect(isReplayed(over)).toBe(false);
      await deleteExpiredIdempotencyKeys(db);
    });
    const [row = {}] = await keysNamed(idempotencyKey);
    expect((row.expires_at as Date).getTime()).toBeGreaterThan(Date.now());
    expect(isReplayed(await accounts.create({ email: next.email }, { idempotencyKey }))).toBe(true);
  });

  it("stops when it is told to, and takes no batch out of range", async () => {
    const { email, idempotencyKey } = fresh();
    await accounts.create({ email }, { idempotencyKey });
    await expire();
    expect(await deleteExpiredIdempotencyKeys(db, { signal: AbortSignal.abort() })).toBe(0);
    for (const batchSize of [0, 10_001, 1.5]) {
      await expect(deleteExpiredIdempotencyKeys(db, { batchSize })).rejects.toBeInstanceOf(
        InvalidArgumentError,
      );
    }
  });
});
