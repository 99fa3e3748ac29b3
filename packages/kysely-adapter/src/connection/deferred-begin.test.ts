import { Kysely, PostgresDialect, sql } from "kysely";
import { expect, it } from "vitest";
import { annalsPool, type PgPool } from "./annals-pool.ts";
import { transaction } from "./transaction.ts";

/** A database that notes what it is sent, and refuses what `refuses` says. */
const noting = (refuses: (text: string) => boolean = () => false) => {
  const sent: string[] = [];
  const released: unknown[] = [];
  const client = {
    query: async (given: string | { text: string }) => {
      const text = typeof given === "string" ? given : given.text;
      sent.push(text);
      if (refuses(text)) throw Object.assign(new Error("canceled"), { code: "57014" });
      return { command: text.split(" ")[0]?.toUpperCase(), rowCount: 0, rows: [] };
    },
    release: (destroy?: unknown) => released.push(destroy),
  };
  const pool = { connect: async () => client, end: async () => {} } as unknown as PgPool;
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  return { db, sent, released };
};

it("begins a transaction with its first statement", async () => {
  const { db, sent } = noting();
  await transaction(db, async (tx) => {
    expect(sent).toEqual([]);
    await sql`select 1`.execute(tx);
    await sql`select 2`.execute(tx);
  });
  expect(sent).toEqual(["begin", "select 1", "select 2", "commit"]);
});

it.each(["kept", "rolled back"])(
  "sends nothing for one without statements that is %s",
  async (end) => {
    const { db, sent, released } = noting();
    const work = transaction(db, async () => {
      if (end !== "kept") throw new Error("regret");
    });
    await work.catch(() => {});
    expect(sent).toEqual([]);
    expect(released).not.toContain(true);
    await sql`select 1`.execute(db);
    expect(sent).toEqual(["select 1"]);
  },
);

it("tells the transaction, not its first statement, what BEGIN failed with", async () => {
  const { db, sent } = noting((text) => text === "begin");
  const work = transaction(db, (tx) => sql`select 1`.execute(tx));
  await expect(work).rejects.toThrow(/beginning/);
  expect(sent).toEqual(["begin"]);
});

it("sends nothing outside of a transaction that did not begin, whoever goes on", async () => {
  const { db, sent } = noting((text) => text === "begin");
  const work = db.transaction().execute(async (tx) => {
    await sql`insert 1`.execute(tx).catch(() => {});
    await sql`insert 2`.execute(tx).catch(() => {});
  });
  await expect(work).rejects.toThrow("canceled");
  expect(sent).toEqual(["begin"]);
  await sql`select 1`.execute(db);
  expect(sent).toEqual(["begin", "select 1"]);
});

it("leaves a transaction alone that is open already", async () => {
  const { db, sent } = noting();
  await db.connection().execute(async (connection) => {
    await sql`BEGIN`.execute(connection);
    await connection.transaction().execute(async () => {});
  });
  expect(sent).toEqual(["BEGIN", "begin", "commit"]);
});
