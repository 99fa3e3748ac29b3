import { ConcurrentModificationError, EntityUnusableError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { thrownBy } from "../thrown-by.ts";

export const concurrency = contractGroup("concurrency", {
  "of two copies, the later write is refused and nothing of it is kept": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    const copy = await accounts.findById(ada.id);
    ada.rename("First");
    copy.handOver("second@example.com", "Second");
    await accounts.update(ada);
    const error = await thrownBy(accounts.update(copy), ConcurrentModificationError);
    expect(error.id).toBe(ada.id);
    expect(error.expectedVersion).toBe(1);
    expect(error.retryable).toBe(true);
    expect(copy.version).toBe(1);
    expect(copy.pending).toHaveLength(2);
    const read = await accounts.findById(ada.id);
    expect(read.state).toMatchObject({ name: "First", email: "ada@example.com" });
    expect(read.version).toBe(2);
    expect(await accounts.maybeFindByEmail("second@example.com")).toBeUndefined();
    await thrownBy(accounts.update(copy), ConcurrentModificationError);
  },

  "of many concurrent writers on one entity, every success is in the history": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    const write = async (name: string): Promise<string | undefined> => {
      const copy = await accounts.findById(ada.id);
      copy.rename(name);
      try {
        await accounts.update(copy);
        return name;
      } catch (error) {
        expect(error).toBeInstanceOf(ConcurrentModificationError);
        return undefined;
      }
    };
    const names = Array.from({ length: 24 }, (_, at) => `Ada ${at}`);
    const kept = (await Promise.all(names.map(write))).filter((name) => name !== undefined);
    const read = await accounts.findById(ada.id);
    expect(kept.length).toBeGreaterThan(0);
    expect(read.version).toBe(1 + kept.length);
    const stored = read.history.flatMap((event) => (event.type === "Renamed" ? event.name : []));
    expect(new Set(stored)).toEqual(new Set(kept));
    expect(stored).toHaveLength(kept.length);
  },

  "a second update of the same instance has to wait for the first": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.rename("B");
    const first = accounts.update(ada);
    const error = await thrownBy(accounts.update(ada), EntityUnusableError);
    expect(error.reason).toBe("writing");
    expect(await first).toBe(1);
    ada.rename("C");
    expect(await accounts.update(ada)).toBe(1);
    expect((await accounts.findById(ada.id)).version).toBe(3);
  },

  "a write meets what another transaction committed after the read": needs(
    "several connections",
    async (bench) => {
      const accounts = await bench.repository(defineAccount);
      const ada = await accounts.create({ email: "ada@example.com" });
      const losing = bench.transaction(async (tx) => {
        const copy = await accounts.findById(ada.id, { tx });
        ada.rename("Outside");
        await accounts.update(ada, { tx: "none" });
        copy.rename("Inside");
        await accounts.update(copy, { tx });
      });
      await thrownBy(losing, ConcurrentModificationError);
      const read = await accounts.findById(ada.id);
      expect(read.state.name).toBe("Outside");
      expect(read.version).toBe(2);
    },
  ),
});
