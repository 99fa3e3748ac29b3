import { ConcurrentModificationError, IdempotencyKeyReusedError, isReplayed } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

const once = { idempotencyKey: "a-key" };

class Change extends Error {}

export const idempotentTransactions = contractGroup("idempotency keys: transactions", {
  "a key that was rolled back is new": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const rolledBack = bench.transaction(async (tx) => {
      await accounts.create({ email: "ada@example.com" }, { tx, ...once });
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    const grace = await accounts.create({ email: "grace@example.com" }, once);
    expect(isReplayed(grace)).toBe(false);
  },

  "a repetition leaves a transaction as it is": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" }, once);
    ada.rename("Countess");
    await accounts.update(ada, { idempotencyKey: "rename" });
    await bench.transaction(async (tx) => {
      const again = await accounts.create({ email: "ada@example.com" }, { tx, ...once });
      expect([isReplayed(again), again.version]).toEqual([true, 1]);
      const read = await accounts.findById(ada.id, { tx });
      read.rename("Countess");
      expect(await accounts.update(read, { tx, idempotencyKey: "rename" })).toBe(1);
      expect([isReplayed(read), read.version]).toEqual([true, 2]);
      await accounts.create({ email: "grace@example.com" }, { tx });
    });
    expect(await accounts.count()).toBe(2);
    expect((await accounts.findById(ada.id)).version).toBe(2);
  },

  "a transaction knows the keys that it wrote": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await bench.transaction(async (tx) => {
      const ada = await accounts.create({ email: "ada@example.com" }, { tx, ...once });
      const again = await accounts.create({ email: "ada@example.com" }, { tx, ...once });
      expect([again.id, isReplayed(again)]).toEqual([ada.id, true]);
      const other = accounts.create({ email: "grace@example.com" }, { tx, ...once });
      await thrownBy(other, IdempotencyKeyReusedError);
    });
    expect(await accounts.count()).toBe(1);
  },

  "a lost race in a transaction leaves the key new, and the transaction as it is": async (
    bench,
  ) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    const stale = await accounts.findById(ada.id);
    ada.rename("Countess");
    await accounts.update(ada);
    await bench.transaction(async (tx) => {
      stale.rename("Stale");
      await thrownBy(accounts.update(stale, { tx, ...once }), ConcurrentModificationError);
      const read = await accounts.findById(ada.id, { tx });
      read.rename("Read again");
      expect(await accounts.update(read, { tx, ...once })).toBe(1);
    });
    expect((await accounts.findById(ada.id)).state.name).toBe("Read again");
  },

  "an entity replayed after a write that is then rolled back is in doubt": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    const ada = await accounts.findById(id);
    const rolledBack = bench.transaction(async (tx) => {
      ada.rename("Countess");
      await accounts.update(ada, { tx, ...once });
      ada.rename("Countess");
      expect(await accounts.update(ada, { tx, ...once })).toBe(1);
      expect([isReplayed(ada), ada.version]).toEqual([true, 2]);
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    ada.rename("Ghost");
    await expect(accounts.update(ada)).rejects.toMatchObject({ reason: "in-doubt" });
    expect((await accounts.findById(id)).version).toBe(1);
  },
});
