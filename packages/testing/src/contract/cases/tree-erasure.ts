import {
  createStoreErasure,
  createStoreRepository,
  type ErasureMethod,
  forgotten,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { both } from "../both-methods.ts";
import { contractGroup } from "../contract-case.ts";
import { defineHouse } from "../entities/house.ts";
import { countedKeys } from "../entities/patient.ts";
import { nextId } from "../scoped-projects.ts";

/** A house of Ada's with two guests, and what forgets any of the three. */
const furnished = async (bench: Bench, method: ErasureMethod) => {
  const guest = `guest${nextId().slice(-12)}`;
  const { House, Stay, all } = await bench.defineAll(defineHouse(method, guest));
  const keys = countedKeys();
  const houses = createStoreRepository(House, bench.store, { keys });
  const [bob, eve] = [nextId(), nextId()];
  const house = await houses.create({
    owner: "Ada",
    stays: [
      { guestId: bob, wish: "tea" },
      { guestId: eve, wish: "cake" },
    ],
  });
  const erasure = createStoreErasure(bench.store, { definitions: all, keys });
  const seen = async () => {
    const read = await houses.findById(house.id);
    return [read.state.owner, ...read.stays.list.map(({ state }) => state.wish)];
  };
  return {
    ...{ House, Stay, houses, house, bob, eve, seen },
    forgetGuest: (id: string) => erasure.forget({ kind: guest, id }, { reason: "r" }),
    forgetHouse: () => erasure.forget({ kind: House.name, id: house.id }, { reason: "r" }),
  };
};

export const treeErasure = contractGroup("forgetting in trees", {
  "a child that is about somebody else is forgotten with them, and not with its parent": both(
    async (bench, method) => {
      const { seen, bob, forgetGuest, forgetHouse } = await furnished(bench, method);
      expect(await seen()).toEqual(["Ada", "tea", "cake"]);
      expect((await forgetHouse()).entities).toBe(1);
      expect(await seen()).toEqual([forgotten, "tea", "cake"]);
      expect((await forgetGuest(bob)).entities).toBe(1);
      expect(await seen()).toEqual([forgotten, forgotten, "cake"]);
    },
  ),

  "what is forgotten is forgotten in the tree's history, in its past, and for conditions": both(
    async (bench, method) => {
      const { houses, house, Stay, bob, forgetGuest } = await furnished(bench, method);
      const { items } = await houses.treeHistory(house.id);
      const asOf = { position: items.at(-1)?.position ?? 0 };
      await forgetGuest(bob);
      const after = await houses.treeHistory(house.id, { children: ["stays"] });
      const wishes = after.items.flatMap(({ event }) =>
        event.type === "StayBegan" ? [event.wish] : [],
      );
      expect(wishes).toEqual([forgotten, "cake"]);
      expect(after.items.at(-1)?.event.type).toBe("StayForgotten");
      const past = await houses.findById(house.id, { asOf });
      expect(past.stays.list.map(({ state }) => state.wish)).toEqual([forgotten, "cake"]);
      const asked = async (wish: string | null) =>
        (await houses.findById(house.id, { children: { stays: { where: { wish } } } })).stays.size;
      expect([await asked("tea"), await asked("cake"), await asked(null)]).toEqual([0, 1, 1]);
      const stays = createStoreRepository(Stay, bench.store, { keys: countedKeys() });
      expect(await stays.count({ where: { guestId: bob } })).toBe(1);
    },
  ),

  "a tree goes on after one of its members was forgotten": both(async (bench, method) => {
    const { houses, house, bob, eve, seen, forgetGuest } = await furnished(bench, method);
    await forgetGuest(bob);
    const read = await houses.findById(house.id);
    read.receive(eve, "more cake");
    expect(await houses.update(read)).toBe(1);
    expect(await seen()).toEqual(["Ada", forgotten, "cake", "more cake"]);
    await houses.transact(house.id, (one) => one.receive(eve, "tea again"));
    expect(await seen()).toHaveLength(5);
  }),
});
