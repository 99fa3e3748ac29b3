import { ConcurrentModificationError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository, verify } from "../src/index.ts";
import { Account } from "./database/account.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { columnsOf, newId, opened, renamed, sqlAccounts } from "./database/sql-accounts.ts";

const { connectionString } = await testDatabase({
  name: "account",
  migrate: (url) => migrate(url, [Account]),
});
const db = openDatabase(connectionString);
const pool = new pg.Pool({ connectionString, max: 12 });
const accounts = createRepository(Account, { db });
const { append, create } = sqlAccounts(pool);
afterAll(async () => {
  await pool.end();
  await db.destroy();
});

describe("writers in SQL beside repositories", () => {
  it("lose no update, and keep sequences and positions rising", async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, async () => (await create()).id));
    const rounds = 25;
    let conflicts = 0;
    const bySql = async (worker: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const id = ids[(worker + round) % ids.length] as string;
        for (;;) {
          const { rows } = await pool.query(
            "select count(*)::int as version from account_replay($1)",
            [id],
          );
          const name = `sql ${worker} ${round}`;
          const written = await append(id, rows[0].version, [renamed(name), renamed(name)], {
            name,
          }).catch((error) => {
            if (error.code !== "AN003") throw error;
            conflicts += 1;
          });
          if (written !== undefined) break;
        }
      }
    };
    const byLibrary = async (worker: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const id = ids[(worker + round) % ids.length] as string;
        for (;;) {
          const account = await accounts.findById(id);
          account.rename(`library ${worker} ${round}`);
          try {
            await accounts.update(account);
            break;
          } catch (error) {
            if (!(error instanceof ConcurrentModificationError)) throw error;
            conflicts += 1;
          }
        }
      }
    };
    const workers = [0, 1, 2].flatMap((worker) => [bySql(worker), byLibrary(worker)]);
    await Promise.all(workers);
    expect(conflicts).toBeGreaterThan(0);
    const { rows } = await pool.query(
      `select count(*)::int as events, count(distinct event ->> 'name')::int as names,
         bool_and(p) as rising
       from (select event, position > coalesce(lag(position) over (partition by id order by sequence), 0) as p
         from account_replay_all($1)) e`,
      [ids],
    );
    const written = 3 * rounds * 3;
    // Two events of one name by SQL, one by the library; and the name that all began with.
    expect(rows).toEqual([{ events: written + 3, names: 3 * rounds * 2 + 1, rising: true }]);
    expect(await verify(db, Account)).toMatchObject({ differing: 0 });
  });

  it("have one winner when they create the same entity at once", async () => {
    const id = newId();
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        append(id, 0, [opened(`w${at}@example.com`)], columnsOf(`w${at}@example.com`)),
      ),
    );
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const end of ends) {
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "AN003" });
    }
  });

  it("hold up no reader of the topic while they wait for an index row", async () => {
    const { id } = await create();
    const holder = await pool.connect();
    await holder.query("begin");
    await holder.query("select from accounts where id = $1 for update", [id]);
    const waiting = append(id, 1, [renamed("B")], { name: "B" });
    await expect
      .poll(async () => {
        const { rows } = await pool.query(`select pid from pg_stat_activity
          where wait_event_type = 'Lock' and query like '%account_append%' and datname = current_database()`);
        return rows.length;
      })
      .toBe(1);
    const { rows } = await pool.query(`select from pg_locks
      where relation = 'account_events'::regclass and mode = 'RowExclusiveLock'`);
    expect(rows).toEqual([]);
    await holder.query("rollback");
    holder.release();
    expect(await waiting).toBe(2);
  });
});
