import { InvalidDefinitionError, ProjectionFailedError, ProjectionTableError } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { type Kysely, sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createProjection, createRepository, transaction } from "../src/index.ts";
import { Account } from "./database/account.ts";
import {
  differences,
  migrateNames,
  type NameDatabase,
  nameCounts,
} from "./database/name-counts.ts";
import { openDatabase } from "./database/open.ts";

let made = 0;
const input = (name: string) => {
  made += 1;
  return { email: `${made}@example.com`, name };
};

const opened = async (name: string) => {
  const { connectionString } = await testDatabase({ name, migrate: migrateNames });
  const db = openDatabase<NameDatabase>(connectionString);
  const others = openDatabase<NameDatabase>(connectionString);
  afterAll(() => Promise.all([db.destroy(), others.destroy()]));
  return { db, others };
};

describe("a projection that follows", async () => {
  const { db, others } = await opened("followed names");
  const accounts = createRepository(Account, { db });
  const projection = nameCounts(db);

  it("is what its handlers make of the events, once, however many run it and write meanwhile", async () => {
    const stopping = new AbortController();
    const runs = [projection, nameCounts(others)].map((one) =>
      one.run({ signal: stopping.signal }),
    );
    const write = async () => {
      for (let n = 0; n < 10; n += 1) {
        const account = await accounts.create(input(`Name ${n}`));
        account.rename("Renamed");
        await accounts.update(account);
      }
    };
    await Promise.all([write(), write(), write(), write()]);
    stopping.abort();
    await Promise.all(runs);
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
    const { name, position, last } = await projection.status();
    expect([name, position]).toEqual(["name-counts", last]);
  });

  it("begins anew in place, beside its own consumer and whoever reads", async () => {
    await projection.catchUp();
    await sql`update name_counts set count = 1000`.execute(db);
    const stopping = new AbortController();
    const run = nameCounts(others).run({ signal: stopping.signal });
    const long = others.transaction().execute(async (tx) => {
      await tx.selectFrom("name_log").selectAll().execute();
      await new Promise((resolve) => setTimeout(resolve, 700));
      // Who was there before the reset is waited for, and not locked out.
      await tx.selectFrom("name_counts").selectAll().execute();
    });
    expect(await projection.reset()).toBe(true);
    await long;
    stopping.abort();
    await run;
    await projection.catchUp();
    expect(await differences(db)).toEqual([]);
  });

  it("stops waiting when told", async () => {
    const stopping = new AbortController();
    await others.transaction().execute(async (tx) => {
      await tx.selectFrom("name_log").selectAll().execute();
      setTimeout(() => stopping.abort(), 100);
      expect(await projection.reset({ signal: stopping.signal })).toBe(false);
    });
    expect(await differences(db)).toEqual([]);
  });

  it("says which of its tables is not there", async () => {
    const missing = createProjection(db as unknown as Kysely<Record<string, object>>, {
      name: "missing",
      topics: [Account],
      tables: ["name_log", "nowhere"],
      onEvent: () => {},
    });
    const error = await missing.reset().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectionTableError);
    expect(error).toMatchObject({ table: "public.nowhere" });
  });
});

describe("an inline projection", async () => {
  const { db } = await opened("inline names");
  const inline = nameCounts(db, { inline: true });
  const accounts = createRepository(Account, { db, projections: [inline] });

  it("is there when any kind of write returns", async () => {
    const one = await accounts.create(input("Ada"));
    one.rename("Countess");
    one.rename("Ada");
    await accounts.update(one);
    const [two, three] = await accounts.createAll([input("Ada"), input("Grace")]);
    two?.rename("Grace");
    three?.rename("Ada");
    await accounts.updateAll([two, three].filter((account) => account !== undefined));
    await accounts.transact(one.id, (account) => account.rename("Transacted"));
    expect(await differences(db)).toEqual([]);
    expect((await inline.status()).position).toBeUndefined();
  });

  it("is written before onAppended is called, in the same transaction", async () => {
    const counts: unknown[] = [];
    const told = createRepository(Account, {
      db,
      projections: [inline],
      onAppended: async (tx) => {
        const seen = tx.selectFrom("name_counts").select("count").where("name", "=", "Told");
        counts.push(await seen.executeTakeFirst());
      },
    });
    await told.createAll([input("Told"), input("Told")]);
    expect(counts).toEqual([{ count: 2 }, { count: 2 }]);
  });

  it("is gone with what is taken back", async () => {
    const work = transaction(db, async (tx) => {
      await accounts.create(input("Taken back"), { tx });
      throw new Error("taken back");
    });
    await expect(work).rejects.toThrow("taken back");
    expect(await differences(db)).toEqual([]);
  });

  it("loses and doubles nothing beside concurrent writers", async () => {
    const write = async () => {
      for (let n = 0; n < 10; n += 1) await accounts.createAll([input("Same"), input("Same")]);
    };
    await Promise.all([write(), write(), write(), write(), write(), write(), write(), write()]);
    expect(await differences(db)).toEqual([]);
  });

  it("rolls the write back when a handler throws, and says what failed", async () => {
    const broken = createProjection(db, {
      name: "broken",
      topics: [Account],
      tables: ["name_log"],
      inline: true,
      on: {
        AccountOpened: () => {
          throw new Error("broken");
        },
      },
    });
    const failing = createRepository(Account, { db, projections: [inline, broken] });
    const error = await failing.create(input("Failing")).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProjectionFailedError);
    expect(error).toMatchObject({ projection: "broken", topic: "account", sequence: 1 });
    expect((error as Error).cause).toMatchObject({ message: "broken" });
    expect(await differences(db)).toEqual([]);
  });
});

describe("a definition that cannot work", async () => {
  const { db } = await opened("refused names");

  it("is refused at once", () => {
    const options = { name: "refused", topics: [Account], onEvent: () => {} } as const;
    const make = (more: {
      readonly tables: readonly "name_log"[];
      readonly lockTimeoutMs?: number;
    }) => createProjection(db, { ...options, ...more });
    expect(() => make({ tables: [] })).toThrow(InvalidDefinitionError);
    expect(() => make({ tables: ["name_log", "name_log"] })).toThrow(InvalidDefinitionError);
    expect(() => make({ tables: ["name_log"], lockTimeoutMs: 0 })).toThrow(InvalidDefinitionError);
  });
});
