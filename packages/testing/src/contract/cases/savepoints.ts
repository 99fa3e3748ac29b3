import {
  DuplicateValueError,
  defineCommitHook,
  EntityUnusableError,
  TransactionUnusableError,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

class Change extends Error {}

const fail = (): never => {
  throw new Change("rolls back");
};

export const savepoints = contractGroup("savepoints", {
  "what a savepoint wrote commits with the transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await bench.transaction(async (tx) => {
      const ada = await tx.savepoint((inner) =>
        accounts.create({ email: "ada@example.com" }, { tx: inner }),
      );
      expect(ada.version).toBe(0);
      expect((await accounts.findById(ada.id, { tx })).version).toBe(1);
      return ada;
    });
    expect(made.version).toBe(1);
    expect((await accounts.findById(made.id)).version).toBe(1);
  },

  "a savepoint that throws is undone alone, and gives its events back": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const [kept, undone] = [
      await accounts.create({ email: "a@example.com" }),
      await accounts.create({ email: "b@example.com" }),
    ];
    kept.rename("Kept");
    undone.rename("Undone");
    await bench.transaction(async (tx) => {
      await accounts.update(kept, { tx });
      const savepoint = tx.savepoint(async (inner) => {
        await accounts.update(undone, { tx: inner });
        fail();
      });
      await thrownBy(savepoint, Change);
      expect(undone.pending).toHaveLength(1);
      expect((await accounts.findById(undone.id, { tx })).version).toBe(1);
    });
    expect([kept.version, undone.version]).toEqual([2, 1]);
    expect(await accounts.update(undone)).toBe(1);
    expect((await accounts.findById(undone.id)).state.name).toBe("Undone");
  },

  "events that it gave back can be written again in the same transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    await bench.transaction(async (tx) => {
      ada.rename("B");
      await accounts.update(ada, { tx });
      const savepoint = tx.savepoint(async (inner) => {
        ada.rename("C");
        await accounts.update(ada, { tx: inner });
        fail();
      });
      await thrownBy(savepoint, Change);
      expect(await accounts.update(ada, { tx })).toBe(1);
    });
    expect(ada.version).toBe(3);
    const read = await accounts.findById(ada.id);
    expect(read.version).toBe(3);
    expect(read.state.name).toBe("C");
  },

  "what was kept in a savepoint is undone with the transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.rename("Countess");
    const rolledBack = bench.transaction(async (tx) => {
      await tx.savepoint((inner) => accounts.update(ada, { tx: inner }));
      fail();
    });
    await thrownBy(rolledBack, Change);
    expect(ada.pending).toHaveLength(1);
    expect(await accounts.update(ada)).toBe(1);
  },

  "savepoints nest: the outer one undoes what the inner kept": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made: Awaited<ReturnType<typeof accounts.create>>[] = [];
    await bench.transaction(async (tx) => {
      const outer = tx.savepoint(async (middle) => {
        const create = async (email: string, at: typeof tx) =>
          void made.push(await accounts.create({ email }, { tx: at }));
        await create("a@example.com", middle);
        await middle.savepoint((inner) => create("b@example.com", inner));
        await thrownBy(
          middle.savepoint(async (inner) => {
            await create("c@example.com", inner);
            fail();
          }),
          Change,
        );
        expect((await accounts.list({ tx: middle })).items).toHaveLength(2);
        fail();
      });
      await thrownBy(outer, Change);
      expect((await accounts.list({ tx })).items).toEqual([]);
    });
    expect((await accounts.list()).items).toEqual([]);
    expect(made).toHaveLength(3);
    for (const ghost of made) {
      ghost.rename("Ghost");
      expect((await thrownBy(accounts.update(ghost), EntityUnusableError)).reason).toBe(
        "not-created",
      );
    }
  },

  "a refused value spoils the savepoint, not the transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await accounts.create({ email: "taken@example.com" });
    await bench.transaction(async (tx) => {
      for (const email of ["a@example.com", "taken@example.com", "b@example.com"]) {
        const savepoint = tx.savepoint((inner) => accounts.create({ email }, { tx: inner }));
        if (email === "taken@example.com") await thrownBy(savepoint, DuplicateValueError);
        else await savepoint;
      }
    });
    const { items } = await accounts.list({ orderBy: "email" });
    expect(items.map(({ state }) => state.email)).toEqual([
      "a@example.com",
      "b@example.com",
      "taken@example.com",
    ]);
  },

  "a savepoint that swallowed a refusal is undone, and says so": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await accounts.create({ email: "taken@example.com" });
    await bench.transaction(async (tx) => {
      const savepoint = tx.savepoint(async (inner) => {
        await accounts.create({ email: "a@example.com" }, { tx: inner });
        await accounts.create({ email: "taken@example.com" }, { tx: inner }).catch(() => {});
      });
      await expect(savepoint).rejects.toThrow();
      await accounts.create({ email: "b@example.com" }, { tx });
    });
    const { items } = await accounts.list({ orderBy: "email" });
    expect(items.map(({ state }) => state.email)).toEqual(["b@example.com", "taken@example.com"]);
  },

  "a rollback to a savepoint drops its hooks, and runs those for it": async (bench) => {
    const log: string[] = [];
    const outbox = defineCommitHook({
      merge: (one: string, other: string) => one + other,
      beforeCommit: (letters) => void log.push(`before ${letters}`),
      onRollback: (letters, end) => void log.push(`${end} ${letters}`),
    });
    await bench.transaction(async (tx) => {
      tx.addHook(outbox, "a");
      await tx.savepoint(async (inner) => inner.addHook(outbox, "b"));
      const savepoint = tx.savepoint(async (inner) => {
        inner.addHook(outbox, "c");
        await inner.savepoint(async (innermost) => innermost.addHook(outbox, "d"));
        inner.afterCommit(() => void log.push("dropped"));
        fail();
      });
      await thrownBy(savepoint, Change);
      log.push("goes on");
      tx.addHook(outbox, "e");
    });
    expect(log).toEqual(["rolledBack cd", "goes on", "before abe"]);
  },

  "two savepoints at once are an error, and corrupt nothing": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const names: string[] = [];
    await bench.transaction(async (tx) => {
      const ends = await Promise.allSettled(
        ["a", "b", "c"].map((name) =>
          tx.savepoint(async (inner) => {
            await accounts.create({ email: `${name}@example.com` }, { tx: inner });
            names.push(name);
          }),
        ),
      );
      expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
      for (const end of ends.slice(1)) {
        expect(end).toMatchObject({ reason: expect.any(TransactionUnusableError) });
        expect(end).toMatchObject({ reason: { reason: "savepoint-open" } });
      }
    });
    expect(names).toEqual(["a"]);
    expect((await accounts.list()).items).toHaveLength(1);
  },

  "the transaction outside rests while a savepoint is open": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await bench.transaction(async (tx) => {
      await tx.savepoint(async () => {
        const outside = accounts.create({ email: "ada@example.com" }, { tx });
        const error = await thrownBy(outside, TransactionUnusableError);
        expect(error.reason).toBe("savepoint-open");
        expect(() => tx.afterCommit(() => {})).toThrow(TransactionUnusableError);
      });
      await accounts.create({ email: "ada@example.com" }, { tx });
    });
    expect((await accounts.list()).items).toHaveLength(1);
  },

  "a savepoint that nobody awaited spoils what is around it": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const late: Promise<unknown>[] = [];
    const rolledBack = bench.transaction(async (tx) => {
      await accounts.create({ email: "ada@example.com" }, { tx });
      late.push(
        tx.savepoint(async (inner) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          await accounts.create({ email: "bob@example.com" }, { tx: inner });
        }),
      );
      late[0]?.catch(() => {});
    });
    const error = await thrownBy(rolledBack, TransactionUnusableError);
    expect(error.reason).toBe("savepoint-open");
    await expect(late[0]).rejects.toThrow(TransactionUnusableError);
    expect((await accounts.list()).items).toEqual([]);
  },

  "a savepoint after many that failed still works": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await bench.transaction(async (tx) => {
      for (let at = 0; at < 50; at += 1) {
        await thrownBy(
          tx.savepoint(async (inner) => {
            await accounts.create({ email: `${at}@example.com` }, { tx: inner });
            fail();
          }),
          Change,
        );
      }
      await tx.savepoint((inner) => accounts.create({ email: "last" }, { tx: inner }));
    });
    expect((await accounts.list()).items.map(({ state }) => state.email)).toEqual(["last"]);
  },
});
