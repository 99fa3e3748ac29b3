import { ConcurrentModificationError, DuplicateValueError, type EntityOf } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineSeat, type SeatInput } from "../entities/seat.ts";
import { thrownBy } from "../thrown-by.ts";

type Seat = EntityOf<ReturnType<typeof defineSeat>>;

const given = (count: number): SeatInput[] =>
  Array.from({ length: count }, (_, at) => ({
    room: "main",
    rank: at + 1,
    code: `A${at + 1}`,
    badge: `badge ${at + 1}`,
  }));

const prepare = async (bench: Bench, count: number) => {
  const seats = await bench.repository(defineSeat);
  const made = await seats.createAll(given(count));
  /** Everybody's state in memory is what is stored, and is found by each of its unique values. */
  const expectStored = async (some: readonly Seat[] = made): Promise<void> => {
    for (const { id, state, version } of some) {
      expect(await seats.findById(id)).toMatchObject({ state, version });
      expect((await seats.findByCode(state.code)).id).toBe(id);
      expect((await seats.findByRoomAndRank(state)).id).toBe(id);
      if (state.badge !== null) expect((await seats.findByBadge(state.badge)).id).toBe(id);
    }
  };
  return { seats, made, expectStored };
};

/** Gives each seat what the one before it has, and the first what the last has. */
const rotate = (made: readonly Seat[], take: (of: Seat["state"]) => Partial<SeatInput>): void => {
  const before = made.map(({ state }) => state);
  for (const [at, one] of made.entries()) one.move(take(before.at(at - 1) as Seat["state"]));
};

export const movingValues = contractGroup("unique values that move within a batch", {
  "along a chain whose end is free": async (bench) => {
    const { seats, made, expectStored } = await prepare(bench, 5);
    for (const [at, one] of made.entries()) one.move({ rank: at + 2, code: `A${at + 2}` });
    expect(await seats.updateAll(made)).toBe(5);
    await expectStored();
    for (const [at, one] of made.entries()) one.move({ rank: at + 1, code: `A${at + 1}` });
    expect(await seats.updateAll(made.toReversed())).toBe(5);
    await expectStored();
  },

  "between two that swap": async (bench) => {
    const { seats, made, expectStored } = await prepare(bench, 2);
    rotate(made, ({ code }) => ({ code }));
    expect(await seats.updateAll(made)).toBe(2);
    await expectStored();
    expect(made.map(({ state }) => state.code)).toEqual(["A2", "A1"]);
  },

  "around circles of any length, a composite's and an absent one's among them": async (bench) => {
    for (const length of [2, 3, 7]) {
      for (const take of [
        ({ rank }: SeatInput) => ({ rank }),
        ({ badge = null }: SeatInput) => ({ badge }),
        ({ rank, code, badge = null }: SeatInput) => ({ rank, code, badge }),
      ]) {
        const { seats, made, expectStored } = await prepare(bench, length);
        rotate(made, take);
        expect(await seats.updateAll(made)).toBe(length);
        await expectStored();
        expect(made.every(({ version, pending }) => version === 2 && pending.length === 0)).toBe(
          true,
        );
      }
    }
  },

  "in circles that only several constraints together make": async (bench) => {
    const { seats, made, expectStored } = await prepare(bench, 3);
    const [a, b, c] = made as [Seat, Seat, Seat];
    a.move({ code: "A2", rank: 10 });
    b.move({ code: "B2", rank: 3 });
    c.move({ rank: 30, badge: "badge 1" });
    a.move({ badge: null });
    b.move({ badge: "badge 3" });
    expect(await seats.updateAll([a, b, c])).toBe(5);
    await expectStored();
  },

  "through several circles and chains at once, with bystanders": async (bench) => {
    const { seats, made, expectStored } = await prepare(bench, 12);
    rotate(made.slice(0, 3), ({ code }) => ({ code }));
    rotate(made.slice(3, 5), ({ rank, badge = null }) => ({ rank, badge }));
    made[5]?.move({ code: "A7" });
    made[6]?.move({ code: "A8" });
    made[7]?.move({ code: "Z1" });
    made[8]?.move({ badge: null });
    made[9]?.move({ badge: "badge 9" });
    expect(await seats.updateAll(made)).toBe(10);
    await expectStored();
  },

  "and an entity that is left out keeps its own": async (bench) => {
    const { seats, made } = await prepare(bench, 4);
    rotate(made.slice(0, 3), ({ code }) => ({ code }));
    made[2]?.move({ code: "A4" });
    const error = await thrownBy(seats.updateAll(made), DuplicateValueError);
    expect(error).toMatchObject({
      id: made[2]?.id,
      batchIndex: 2,
      columns: ["code"],
      values: ["A4"],
    });
    expect(made.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
    const read = await seats.findAll(made.map(({ id }) => id));
    expect(made.map(({ id }) => read.get(id)?.state.code)).toEqual(["A1", "A2", "A3", "A4"]);
    expect(made.map(({ id }) => read.get(id)?.version)).toEqual([1, 1, 1, 1]);
  },

  "a value of an outsider is still taken, also beside a circle": async (bench) => {
    const { seats, made } = await prepare(bench, 4);
    const [a, b, c, outsider] = made as [Seat, Seat, Seat, Seat];
    rotate([a, b], ({ code }) => ({ code }));
    c.move({ rank: outsider.state.rank });
    const error = await thrownBy(seats.updateAll([a, b, c]), DuplicateValueError);
    expect(error).toMatchObject({
      id: c.id,
      batchIndex: 2,
      columns: ["room", "rank"],
      values: ["main", 4],
    });
    for (const one of [a, b, c]) {
      expect(await seats.findById(one.id)).toMatchObject({ version: 1 });
      expect((await seats.findByCode(`A${made.indexOf(one) + 1}`)).id).toBe(one.id);
    }
  },

  "two members that want one value are refused": async (bench) => {
    const { seats, made } = await prepare(bench, 3);
    for (const one of made.slice(1)) one.move({ code: "Z1" });
    const error = await thrownBy(seats.updateAll(made), DuplicateValueError);
    expect(error).toMatchObject({
      id: made[2]?.id,
      batchIndex: 2,
      columns: ["code"],
      values: ["Z1"],
    });
    expect(await seats.maybeFindByCode("Z1")).toBeUndefined();
  },

  "a member in conflict leaves a circle as it was": async (bench) => {
    const { seats, made } = await prepare(bench, 3);
    const rival = await seats.findById(made[1]?.id as string);
    rival.move({ badge: null });
    await seats.update(rival);
    rotate(made, ({ code }) => ({ code }));
    const error = await thrownBy(seats.updateAll(made), ConcurrentModificationError);
    expect(error).toMatchObject({ id: made[1]?.id, batchIndex: 1 });
    for (const at of [1, 2, 3]) {
      expect((await seats.findByCode(`A${at}`)).id).toBe(made[at - 1]?.id);
    }
  },

  "in a transaction, and back when it rolls back": async (bench) => {
    const { seats, made, expectStored } = await prepare(bench, 3);
    rotate(made, ({ code, rank }) => ({ code, rank }));
    const rolledBack = bench.transaction(async (tx) => {
      expect(await seats.updateAll(made, { tx })).toBe(3);
      expect((await seats.findByCode("A1", { tx })).id).toBe(made[1]?.id);
      throw new Error("rolled back");
    });
    await expect(rolledBack).rejects.toThrow("rolled back");
    expect(made.map(({ version, pending }) => [version, pending.length])).toEqual(
      made.map(() => [1, 1]),
    );
    expect((await seats.findByCode("A1")).id).toBe(made[0]?.id);
    await bench.transaction((tx) => seats.updateAll(made, { tx }));
    await expectStored();
  },

  "twice within one transaction": async (bench) => {
    const { seats, made, expectStored } = await prepare(bench, 4);
    await bench.transaction(async (tx) => {
      for (const _ of [1, 2]) {
        rotate(made, ({ code }) => ({ code }));
        expect(await seats.updateAll(made, { tx })).toBe(4);
      }
    });
    await expectStored();
    expect(made.map(({ state }) => state.code)).toEqual(["A3", "A4", "A1", "A2"]);
  },
});
