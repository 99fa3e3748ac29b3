import {
  ConcurrentModificationError,
  DuplicateValueError,
  EntityUnusableError,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup, needs } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineParcel, toParcelId } from "../entities/parcel.ts";
import { thrownBy } from "../thrown-by.ts";

class Change extends Error {}

export const transactions = contractGroup("transactions", {
  "events are pending until the commit, and visible after it": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await bench.transaction(async (tx) => {
      const ada = await accounts.create({ email: "ada@example.com" }, { tx });
      expect(ada.version).toBe(0);
      expect(ada.pending).toHaveLength(1);
      expect(ada.history).toHaveLength(1);
      return ada;
    });
    expect(made.version).toBe(1);
    expect(made.pending).toEqual([]);
    expect((await accounts.findById(made.id)).version).toBe(1);
  },

  "a transaction reads what it wrote": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await bench.transaction(async (tx) => {
      const ada = await accounts.create({ email: "ada@example.com" }, { tx });
      expect((await accounts.findById(ada.id, { tx })).state).toEqual(ada.state);
      expect((await accounts.findByEmail("ADA@example.com", { tx })).id).toBe(ada.id);
      ada.changeEmail("countess@example.com");
      await accounts.update(ada, { tx });
      expect(await accounts.maybeFindByEmail("ada@example.com", { tx })).toBeUndefined();
      expect((await accounts.findAll([ada.id], { tx })).get(ada.id)?.version).toBe(2);
      expect((await accounts.list({ tx })).items.map(({ id }) => id)).toEqual([ada.id]);
    });
  },

  "a rollback gives pending events back, and they can be written again": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    ada.rename("Countess");
    const rolledBack = bench.transaction(async (tx) => {
      expect(await accounts.update(ada, { tx })).toBe(1);
      expect(ada.pending).toHaveLength(1);
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    expect(ada.version).toBe(1);
    expect(ada.pending).toEqual([{ type: "Renamed", name: "Countess" }]);
    expect((await accounts.findById(ada.id)).version).toBe(1);
    expect(await accounts.update(ada)).toBe(1);
    expect((await accounts.findById(ada.id)).state.name).toBe("Countess");
  },

  "an entity that a rolled-back transaction created refuses to be written": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const created: Awaited<ReturnType<typeof accounts.create>>[] = [];
    const rolledBack = bench.transaction(async (tx) => {
      created.push(await accounts.create({ email: "ada@example.com" }, { tx }));
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    const ghost = created[0] as (typeof created)[number];
    ghost.rename("Ghost");
    const error = await thrownBy(accounts.update(ghost), EntityUnusableError);
    expect(error.reason).toBe("not-created");
    expect(ghost.version).toBe(0);
    expect(await accounts.maybeFindById(ghost.id)).toBeUndefined();
    await accounts.create({ email: "ada@example.com" });
  },

  "an entity can be updated twice in one transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" });
    await bench.transaction(async (tx) => {
      for (const name of ["B", "C"]) {
        ada.rename(name);
        expect(await accounts.update(ada, { tx })).toBe(1);
      }
      expect(await accounts.update(ada, { tx })).toBe(0);
    });
    expect(ada.version).toBe(3);
    const rolledBack = bench.transaction(async (tx) => {
      for (const name of ["D", "E"]) {
        ada.rename(name);
        await accounts.update(ada, { tx });
      }
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    expect(ada.version).toBe(3);
    expect(ada.pending).toHaveLength(2);
    expect(await accounts.update(ada)).toBe(2);
    const read = await accounts.findById(ada.id);
    expect(read.history.slice(1)).toEqual(
      ["B", "C", "D", "E"].map((name) => ({ type: "Renamed", name })),
    );
  },

  "entities commit together, or not at all": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const parcels = await bench.repository(defineParcel);
    const id = toParcelId("0190b6f0-0000-7000-8000-0000000000aa");
    const ada = await accounts.create({ email: "ada@example.com" });
    const write = (fails: boolean) =>
      bench.transaction(async (tx) => {
        ada.rename("Sender");
        await accounts.update(ada, { tx });
        await parcels.create(undefined, { id, tx });
        if (fails) throw new Change("rolls back");
      });
    await thrownBy(write(true), Change);
    expect(await parcels.maybeFindById(id)).toBeUndefined();
    expect((await accounts.findById(ada.id)).version).toBe(1);
    await write(false);
    expect((await parcels.findById(id)).version).toBe(1);
    expect((await accounts.findById(ada.id)).version).toBe(3);
  },

  "entities of two definitions may have one id": async (bench) => {
    const [parcels, others] = [
      await bench.repository(defineParcel),
      await bench.repository(defineParcel),
    ];
    const id = toParcelId("0190b6f0-0000-7000-8000-0000000000aa");
    await bench.transaction(async (tx) => {
      const parcel = await parcels.create(undefined, { id, tx });
      const other = await others.create(undefined, { id, tx });
      parcel.move();
      other.move();
      await parcels.update(parcel, { tx });
      await others.update(other, { tx });
    });
    expect((await parcels.findById(id)).version).toBe(2);
    expect((await others.findById(id)).version).toBe(2);
  },

  "a value can change hands within a transaction": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "a@example.com" });
    const bob = await accounts.create({ email: "b@example.com" });
    await bench.transaction(async (tx) => {
      for (const email of ["c@example.com", "d@example.com"]) {
        ada.changeEmail(email);
        await accounts.update(ada, { tx });
      }
      for (const email of ["a@example.com", "c@example.com"]) {
        bob.changeEmail(email);
        await accounts.update(bob, { tx });
      }
    });
    expect((await accounts.findByEmail("d@example.com")).id).toBe(ada.id);
    expect((await accounts.findByEmail("c@example.com")).id).toBe(bob.id);
  },

  "the second of two copies in one transaction meets the version check": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const { id } = await accounts.create({ email: "ada@example.com" });
    await bench.transaction(async (tx) => {
      const [one, other] = [
        await accounts.findById(id, { tx }),
        await accounts.findById(id, { tx }),
      ];
      one.rename("One");
      other.rename("Other");
      expect(await accounts.update(one, { tx })).toBe(1);
      await thrownBy(accounts.update(other, { tx }), ConcurrentModificationError);
    });
    const read = await accounts.findById(id);
    expect(read.version).toBe(2);
    expect(read.state.name).toBe("One");
  },

  "a transaction in which a value was refused commits nothing": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    await accounts.create({ email: "ada@example.com" });
    const bob = await accounts.create({ email: "bob@example.com" });
    bob.rename("Robert");
    const refused = bench.transaction(async (tx) => {
      await accounts.update(bob, { tx });
      const duplicate = accounts.create({ email: "ada@example.com" }, { tx });
      await thrownBy(duplicate, DuplicateValueError);
    });
    await expect(refused).rejects.toThrow();
    expect(bob.version).toBe(1);
    expect(bob.pending).toHaveLength(1);
    expect((await accounts.findById(bob.id)).version).toBe(1);
    expect(await accounts.update(bob)).toBe(1);
  },

  "of two transactions that want one value, one commits": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made: Awaited<ReturnType<typeof accounts.create>>[] = [];
    const take = () =>
      bench.transaction(async (tx) => {
        made.push(await accounts.create({ email: "ada@example.com" }, { tx }));
      });
    const ends = await Promise.allSettled([take(), take(), take()]);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { items } = await accounts.list();
    expect(items).toHaveLength(1);
    const committed = made.filter(({ version }) => version === 1);
    expect(committed.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
  },

  'a call that joins "none" commits on its own': async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ada = await accounts.create({ email: "ada@example.com" }, { tx: "none" });
    expect(ada.version).toBe(1);
    ada.rename("B");
    await accounts.update(ada, { tx: "none" });
    expect(ada.version).toBe(2);
  },

  "nobody else sees a transaction before it commits": needs(
    "several connections",
    async (bench) => {
      const accounts = await bench.repository(defineAccount);
      const rolledBack = bench.transaction(async (tx) => {
        const ada = await accounts.create({ email: "ada@example.com" }, { tx });
        expect(await accounts.maybeFindById(ada.id, { tx: "none" })).toBeUndefined();
        const found = await accounts.maybeFindByEmail("ada@example.com", { tx: "none" });
        expect(found).toBeUndefined();
        expect((await accounts.list({ tx: "none" })).items).toEqual([]);
        const bob = await accounts.create({ email: "bob@example.com" }, { tx: "none" });
        expect(bob.version).toBe(1);
        throw new Change("rolls back");
      });
      await thrownBy(rolledBack, Change);
      const { items } = await accounts.list();
      expect(items.map(({ state }) => state.email)).toEqual(["bob@example.com"]);
    },
  ),
});
