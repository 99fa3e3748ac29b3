import { ConcurrentModificationError, DuplicateValueError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup, needs } from "../contract-case.ts";
import { defineMember } from "../entities/member.ts";
import { thrownBy } from "../thrown-by.ts";

const all = { includeDeleted: true } as const;

export const restoring = contractGroup("restoring", {
  "brings the entity back to every finder, and says when there was nothing to do": async (
    bench,
  ) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    expect(await members.restore(ada)).toBe(0);
    ada.give(1);
    expect(await members.restore(ada)).toBe(1);
    await members.delete(ada, { reason: "moved" });
    expect(await members.restore(ada)).toBe(1);
    expect(ada.isDeleted).toBe(false);
    expect(await members.restore(ada)).toBe(0);
    const read = await members.findByEmail("ada@example.com");
    expect([read.isDeleted, read.version, read.state.points]).toEqual([false, 4, 1]);
    expect((await members.list()).items).toHaveLength(1);
    read.give(2);
    expect(await members.update(read)).toBe(1);
  },

  "meets a value that was taken meanwhile, and leaves the entity deleted": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    const heir = await members.create({ email: "ada@example.com" });
    const error = await thrownBy(members.restore(ada), DuplicateValueError);
    expect(error.columns).toEqual(["email"]);
    expect(error.values).toEqual(["ada@example.com"]);
    expect([ada.isDeleted, ada.version, ada.pending]).toEqual([true, 2, []]);
    expect((await members.findByEmail("ada@example.com")).id).toBe(heir.id);
    ada.returnAs("countess@example.com");
    expect(await members.update(ada)).toBe(2);
    expect((await members.findByEmail("countess@example.com")).id).toBe(ada.id);
    await members.delete(heir, { reason: "moved" });
    ada.changeEmail("ada@example.com");
    expect(await members.update(ada)).toBe(1);
  },

  "may be decided in the same write as the deletion, and the last one counts": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    ada.leaveBriefly();
    expect(await members.update(ada)).toBe(2);
    expect((await members.findById(ada.id)).version).toBe(3);
    await members.delete(ada, { reason: "moved" });
    ada.returnAs("back@example.com");
    expect(await members.delete(ada, { reason: "moved again" })).toBe(3);
    expect(await members.maybeFindById(ada.id)).toBeUndefined();
    expect((await members.findByEmail("back@example.com", all)).version).toBe(7);
  },

  "loses to whoever wrote first": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    const copy = await members.findById(ada.id, all);
    await members.restore(ada);
    await thrownBy(members.restore(copy), ConcurrentModificationError);
    expect(copy.isDeleted).toBe(true);
    expect((await members.findById(ada.id)).version).toBe(3);
  },

  "of concurrent deletions and updates, one wins and the others are told": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    const writes = Array.from({ length: 8 }, async (_, at) => {
      const copy = await members.findById(ada.id);
      if (at % 2 === 0) return members.delete(copy, { reason: `${at}` });
      copy.give(1);
      return members.update(copy);
    });
    const outcomes = await Promise.allSettled(writes);
    for (const outcome of outcomes.filter(({ status }) => status === "rejected")) {
      expect(outcome).toMatchObject({
        reason: {
          name: expect.stringMatching(/^(ConcurrentModification|EntityNotFound)Error$/),
        },
      });
    }
    const won = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(won).toBeGreaterThan(0);
    expect((await members.findById(ada.id, all)).version).toBe(1 + won);
  },

  "of a restoring and a creation with the same value, exactly one wins": needs(
    "several connections",
    async (bench) => {
      const members = await bench.repository(defineMember);
      for (let round = 0; round < 10; round += 1) {
        const email = `${round}@example.com`;
        const old = await members.create({ email });
        await members.delete(old, { reason: "moved" });
        const outcomes = await Promise.allSettled([
          members.restore(old),
          members.create({ email }),
        ]);
        const lost = outcomes.filter(({ status }) => status === "rejected");
        expect(lost).toMatchObject([{ reason: expect.any(DuplicateValueError) }]);
        expect(await members.count({ where: { email } })).toBe(1);
        expect(old.isDeleted).toBe(outcomes[0]?.status === "rejected");
      }
    },
  ),
});
