import {
  ConcurrentModificationError,
  DuplicateValueError,
  InvalidArgumentError,
} from "@annals/core";
import { expect } from "vitest";
import { inputs, parcelId } from "../batch-inputs.ts";
import { contractGroup } from "../contract-case.ts";
import { defineAccount } from "../entities/account.ts";
import { defineMember } from "../entities/member.ts";
import { defineParcel } from "../entities/parcel.ts";
import { thrownBy } from "../thrown-by.ts";

class Change extends Error {}

export const batches = contractGroup("batches", {
  "createAll stores all, in the order of the inputs": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("c", "a", "b"));
    expect(made.map(({ state }) => state.name)).toEqual(["c", "a", "b"]);
    for (const one of made) {
      expect(one).toMatchObject({ version: 1, pending: [] });
      const read = await accounts.findById(one.id);
      expect(read).toMatchObject({ version: 1, state: one.state, history: one.history });
    }
    made[0]?.rename("later");
    expect(await accounts.update(made[0] as never)).toBe(1);
  },

  "updateAll stores what is pending of each, and counts it": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("a", "b", "c"));
    const [a, b, c] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
    c.rename("C");
    a.handOver("a@example.org", "A");
    expect(await accounts.updateAll([c, b, a])).toBe(3);
    expect(made.map(({ version }) => version)).toEqual([3, 1, 2]);
    for (const one of made) {
      expect(one.pending).toEqual([]);
      const read = await accounts.findById(one.id);
      expect(read).toMatchObject({ version: one.version, state: one.state });
      expect(read.history).toEqual(one.history);
    }
    expect((await accounts.findByEmail("a@example.org")).id).toBe(a.id);
    expect(await accounts.updateAll(made)).toBe(0);
  },

  "an empty batch does nothing": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    expect(await accounts.createAll([])).toEqual([]);
    expect(await accounts.updateAll([])).toBe(0);
  },

  "each input of createAll comes with its id where callers choose ids": async (bench) => {
    const parcels = await bench.repository(defineParcel);
    const ids = [parcelId("bb"), parcelId("aa")];
    const made = await parcels.createAll(ids.map((id) => ({ id })));
    expect(made.map(({ id }) => id)).toEqual(ids);
    expect((await parcels.findAll(ids)).size).toBe(2);
    for (const bad of [undefined, null, {}, { id: "garbage" }] as never[]) {
      const error = await thrownBy(
        parcels.createAll([{ id: parcelId("cc") }, bad]),
        InvalidArgumentError,
      );
      expect(error.batchIndex).toBe(1);
    }
    expect(await parcels.count()).toBe(2);
  },

  "a batch commits with its transaction, or not at all": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("a", "b"));
    for (const one of made) one.rename("new");
    const rolledBack = bench.transaction(async (tx) => {
      expect(await accounts.updateAll(made, { tx })).toBe(2);
      const more = await accounts.createAll(inputs("c", "d"), { tx });
      expect(more.map(({ version }) => version)).toEqual([0, 0]);
      expect(await accounts.count({ tx })).toBe(4);
      throw new Change("rolls back");
    });
    await thrownBy(rolledBack, Change);
    expect(made.map(({ version, pending }) => [version, pending.length])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(await accounts.count()).toBe(2);
    const more = await bench.transaction(async (tx) => {
      await accounts.updateAll(made, { tx });
      return accounts.createAll(inputs("c", "d"), { tx });
    });
    expect([...made, ...more].map(({ version }) => version)).toEqual([2, 2, 1, 1]);
    expect(await accounts.count()).toBe(4);
  },

  "a transaction goes on after a batch in conflict": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const made = await accounts.createAll(inputs("a", "b"));
    const [a, b] = made as [(typeof made)[0], (typeof made)[0]];
    const rival = await accounts.findById(b.id);
    rival.rename("rival");
    await accounts.update(rival);
    a.rename("x");
    b.rename("y");
    await bench.transaction(async (tx) => {
      await thrownBy(accounts.updateAll([a, b], { tx }), ConcurrentModificationError);
      expect(await accounts.update(a, { tx })).toBe(1);
    });
    expect((await accounts.findById(a.id)).state.name).toBe("x");
    expect((await accounts.findById(b.id)).state.name).toBe("rival");
  },

  "of two overlapping batches, one wins whole": async (bench) => {
    const accounts = await bench.repository(defineAccount);
    const ids = (await accounts.createAll(inputs("a", "b", "c", "d"))).map(({ id }) => id);
    const rename = async (some: readonly string[], name: string) => {
      const found = await accounts.findAll(some);
      const entities = some.map((id) => found.get(id) as NonNullable<ReturnType<typeof found.get>>);
      for (const one of entities) one.rename(name);
      return () => accounts.updateAll(entities);
    };
    const writes = [
      await rename([ids[0], ids[1], ids[2]] as string[], "up"),
      await rename([ids[3], ids[2], ids[1]] as string[], "down"),
    ];
    const ends = await Promise.allSettled(writes.map((write) => write()));
    const lost = ends.filter((end) => end.status === "rejected");
    expect(lost).toHaveLength(1);
    expect(lost[0]?.reason).toBeInstanceOf(ConcurrentModificationError);
    const won = ends[0]?.status === "fulfilled" ? "up" : "down";
    const read = await accounts.findAll(ids);
    const names = ids.map((id) => read.get(id)?.state.name);
    expect(names).toEqual(won === "up" ? ["up", "up", "up", "d"] : ["a", "down", "down", "down"]);
  },

  "deleting gives values up, and restoring takes them, within one batch": async (bench) => {
    const members = await bench.repository(defineMember);
    const made = await members.createAll(
      ["a", "b", "c", "d"].map((name) => ({ email: `${name}@example.com` })),
    );
    const [a, b, c, d] = made as [
      (typeof made)[0],
      (typeof made)[0],
      (typeof made)[0],
      (typeof made)[0],
    ];
    a.leave("moved");
    b.changeEmail("a@example.com");
    c.leaveBriefly();
    c.changeEmail("b@example.com");
    expect(await members.updateAll([c, b, a])).toBe(5);
    expect((await members.findByEmail("a@example.com")).id).toBe(b.id);
    expect((await members.findByEmail("b@example.com")).id).toBe(c.id);
    expect(await members.maybeFindById(a.id)).toBeUndefined();
    expect(a.isDeleted).toBe(true);

    a.returnAs("d@example.com");
    const error = await thrownBy(members.updateAll([a, b]), DuplicateValueError);
    expect(error).toMatchObject({ id: a.id, batchIndex: 0, values: ["d@example.com"] });
    d.changeEmail("b@example.com");
    c.changeEmail("d@example.org");
    expect(await members.updateAll([a, d, c])).toBe(4);
    expect((await members.findByEmail("d@example.com")).id).toBe(a.id);
    expect((await members.findByEmail("b@example.com")).id).toBe(d.id);
  },

  "what is deleted stands in nobody's way, and swaps go on beside it": async (bench) => {
    const members = await bench.repository(defineMember);
    const made = await members.createAll(
      ["a", "b", "c"].map((name) => ({ email: `${name}@example.com` })),
    );
    const [a, b, c] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
    c.leave("moved");
    await members.update(c);
    a.changeEmail("c@example.com");
    expect(await members.updateAll([a])).toBe(1);
    a.changeEmail("b@example.com");
    b.changeEmail("c@example.com");
    expect(await members.updateAll([a, b])).toBe(2);
    expect((await members.findByEmail("b@example.com")).id).toBe(a.id);
    expect((await members.findByEmail("c@example.com")).id).toBe(b.id);
    expect((await members.findById(c.id, { includeDeleted: true })).isDeleted).toBe(true);
  },
});
