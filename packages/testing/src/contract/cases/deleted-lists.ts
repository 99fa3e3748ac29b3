import { type EntityOf, InvalidArgumentError, type Repository } from "@annals/core";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { clockThat } from "../clock-that.ts";
import { contractGroup } from "../contract-case.ts";
import { defineMember } from "../entities/member.ts";
import { thrownBy } from "../thrown-by.ts";

type Members = Repository<ReturnType<typeof defineMember>, OpaqueTx>;

const all = { includeDeleted: true } as const;
const deleted = { ...all, where: { deletedAt: { not: null } } } as const;
const START = Date.UTC(2026, 0, 1);
const minute = (at: number) => new Date(START + at * 60_000);

/** Nine members, numbered; of every three, one is live and two are deleted, the later ones first. */
const nine = async (bench: Bench) => {
  let now = minute(0);
  const members = await bench.repository(defineMember, { clock: clockThat(() => now) });
  const made: EntityOf<ReturnType<typeof defineMember>>[] = [];
  for (let number = 0; number < 9; number += 1) {
    now = minute(number);
    made.push(await members.create({ email: `${number}@example.com`, number }));
  }
  for (const member of made.toReversed()) {
    const { number } = member.state;
    now = minute(20 - number);
    if (number % 3 !== 0) await members.delete(member, { reason: "moved" });
  }
  return members;
};

const numbers = (items: readonly { readonly state: { readonly number: number } }[]) =>
  items.map(({ state }) => state.number);

const walked = async (
  members: Members,
  options: Parameters<Members["pages"]>[0],
): Promise<number[]> => {
  const found: number[] = [];
  for await (const { items } of members.pages({ ...options, first: 2 })) {
    found.push(...numbers(items));
  }
  return found;
};

export const deletedLists = contractGroup("lists of deleted entities", {
  "with live ones among them keep every order, page by page, from either end": async (bench) => {
    const members = await nine(bench);
    const upwards = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    for (const orderBy of ["createdAt", "number", "email", "id"] as const) {
      expect(await walked(members, { ...all, orderBy })).toEqual(upwards);
      expect(await walked(members, { ...all, orderBy, direction: "desc" })).toEqual(
        upwards.toReversed(),
      );
      expect(await walked(members, { orderBy })).toEqual([0, 3, 6]);
    }
    const first = await members.list({ ...all, first: 4, orderBy: "number" });
    const second = await members.list({
      ...all,
      first: 4,
      orderBy: "number",
      after: first.endCursor,
    });
    expect(numbers(second.items)).toEqual([4, 5, 6, 7]);
    const before = { ...all, last: 3, orderBy: "number", before: second.startCursor } as const;
    expect(numbers((await members.list(before)).items)).toEqual([1, 2, 3]);
    expect(numbers((await members.list({ ...all, last: 2, orderBy: "number" })).items)).toEqual([
      7, 8,
    ]);
    expect(numbers((await members.listByNumber({ gte: 4 }, { ...all, first: 3 })).items)).toEqual([
      4, 5, 6,
    ]);
  },

  "alone come in the order of their deletion, in both directions": async (bench) => {
    const members = await nine(bench);
    const order = { ...deleted, orderBy: "deletedAt" } as const;
    expect(await walked(members, order)).toEqual([8, 7, 5, 4, 2, 1]);
    expect(await walked(members, { ...order, direction: "desc" })).toEqual([1, 2, 4, 5, 7, 8]);
    const last = await members.list({ ...order, last: 2 });
    expect(numbers(last.items)).toEqual([2, 1]);
    const earlier = await members.list({ ...order, last: 3, before: last.startCursor });
    expect(numbers(earlier.items)).toEqual([7, 5, 4]);
    expect(await members.count(deleted)).toBe(6);
  },

  "can be asked for by the time of deletion, which is that of the event": async (bench) => {
    const members = await nine(bench);
    const at = async (deletedAt: object) =>
      numbers((await members.list({ ...all, where: { deletedAt }, orderBy: "number" })).items);
    expect(await at({ lt: minute(14) })).toEqual([7, 8]);
    expect(await at({ gte: minute(18), lte: minute(19) })).toEqual([1, 2]);
    expect(await at({ in: [minute(13)] })).toEqual([7]);
    expect(await at({ not: { lt: minute(18) } })).toEqual([1, 2]);
    expect(numbers((await members.list({ ...all, where: { deletedAt: null } })).items)).toEqual([
      0, 3, 6,
    ]);
    const either = { or: [{ deletedAt: minute(13) }, { number: 0 }] };
    expect(await members.count({ ...all, where: either })).toBe(2);
    expect(await members.exists({ ...all, where: { deletedAt: { gt: minute(19) } } })).toBe(false);
  },

  "ordered by their deletion among live ones come first": async (bench) => {
    const members = await nine(bench);
    expect(await walked(members, { ...all, orderBy: "deletedAt" })).toEqual([
      8, 7, 5, 4, 2, 1, 0, 3, 6,
    ]);
  },

  "ordered by their deletion are paged from those with one to those without, and back": async (
    bench,
  ) => {
    const members = await nine(bench);
    for (const direction of ["asc", "desc"] as const) {
      const order = { ...all, orderBy: "deletedAt", direction } as const;
      const whole = numbers((await members.list(order)).items);
      expect(whole.slice(-3).sort()).toEqual([0, 3, 6]);
      expect(await walked(members, order)).toEqual(whole);
      const found: number[] = [];
      for (let before: string | undefined; ; ) {
        const page = await members.list({ ...order, last: 2, before });
        found.unshift(...numbers(page.items));
        if (!page.hasPreviousPage) break;
        before = page.startCursor;
      }
      expect(found).toEqual(whole);
    }
  },

  "keep the time of the last deletion, and lose it when they are restored": async (bench) => {
    let now = minute(0);
    const members = await bench.repository(defineMember, { clock: clockThat(() => now) });
    const ada = await members.create({ email: "ada@example.com" });
    const deletedAt = async (at: Date) => members.count({ ...all, where: { deletedAt: at } });
    now = minute(1);
    await members.delete(ada, { reason: "moved" });
    expect(await deletedAt(minute(1))).toBe(1);
    now = minute(2);
    await members.restore(ada);
    expect(await members.count(deleted)).toBe(0);
    now = minute(3);
    await members.delete(ada, { reason: "moved" });
    expect([await deletedAt(minute(1)), await deletedAt(minute(3))]).toEqual([0, 1]);
  },

  "are not asked for by accident": async (bench) => {
    const members = await nine(bench);
    const where = { deletedAt: { not: null } } as const;
    const mistakes = [
      members.list({ where }),
      members.list({ where: { or: [{ not: where }] } }),
      members.list({ orderBy: "deletedAt", includeDeleted: false }),
      members.listByTeam("red", { where }),
      members.count({ where }),
      members.exists({ where }),
    ];
    for (const mistake of mistakes) {
      const error = await thrownBy(mistake, InvalidArgumentError);
      expect(error.hint).toContain("includeDeleted: true");
    }
  },
});
