import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
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
const newAccount = () => {
  made += 1;
  return accounts.create({ email: `${made}@example.com` });
};

describe("an isolation level", () => {
  it("is the transaction's own", async () => {
    const level = await transaction(
      db,
      async (tx) => {
        const { rows } = await sql<{
          level: string;
        }>`select current_setting('transaction_isolation') as level`.execute(tx);
        return rows[0]?.level;
      },
      { isolationLevel: "serializable" },
    );
    expect(level).toBe("serializable");
  });
});

describe("retry", () => {
  /** Two transactions that lock two entities in opposite orders: PostgreSQL ends one of them. */
  const crossed = async (retry: boolean) => {
    const [one, other] = [await newAccount(), await newAccount()];
    let runs = 0;
    let arrived = 0;
    const rename = async (first: string, second: string, name: string) =>
      transaction(
        db,
        async (tx) => {
          runs += 1;
          await accounts.transact(first, (account) => account.rename(name), { tx });
          arrived += 1;
          while (arrived < 2) await new Promise((resolve) => setTimeout(resolve, 5));
          await accounts.transact(second, (account) => account.rename(name), { tx });
        },
        { retry },
      );
    const ends = await Promise.allSettled([
      rename(one.id, other.id, "Left"),
      rename(other.id, one.id, "Right"),
    ]);
    return { ends: ends.map(({ status }) => status).sort(), runs };
  };

  it("is not asked for by default: a deadlock is its victim's error", async () => {
    expect(await crossed(false)).toEqual({ ends: ["fulfilled", "rejected"], runs: 2 });
  });

  it("runs the victim again", async () => {
    expect(await crossed(true)).toEqual({ ends: ["fulfilled", "fulfilled"], runs: 3 });
  });

  it("keeps write skew from happening under serializable isolation", async () => {
    const [one, other] = [await newAccount(), await newAccount()];
    let reading = 0;
    // Each may be renamed only while the other is not: together they must not both be.
    const renameAlone = (id: string, rival: string) =>
      transaction(
        db,
        async (tx) => {
          const found = await accounts.findAll([id, rival], { tx });
          reading += 1;
          while (reading < 2) await new Promise((resolve) => setTimeout(resolve, 5));
          if (found.get(rival)?.state.name === "Alone") return;
          const account = found.get(id);
          account?.rename("Alone");
          await accounts.update(account as never, { tx });
        },
        { isolationLevel: "serializable", retry: { attempts: 10 } },
      );
    await Promise.all([renameAlone(one.id, other.id), renameAlone(other.id, one.id)]);
    const names = [...(await accounts.findAll([one.id, other.id])).values()].map(
      ({ state }) => state.name,
    );
    expect(names.filter((name) => name === "Alone")).toHaveLength(1);
  });
});
