import {
  ConcurrentModificationError,
  createStoreConsumer,
  createStoreRepository,
  EntityAlreadyExistsError,
  EntityDeletedError,
  EntityNotFoundError,
  InvalidEventError,
  type Repository,
} from "@annals/core";
import { expect } from "vitest";
import type { OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineMember } from "../entities/member.ts";
import { defineNotice } from "../entities/notice.ts";
import { thrownBy } from "../thrown-by.ts";

type Members = Repository<ReturnType<typeof defineMember>, OpaqueTx>;

const ID = "0190b6f0-0000-7000-8000-0000000000aa";
const ABSENT = "0190b6f0-0000-7000-8000-000000000000";
const all = { includeDeleted: true } as const;

const idsOf = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);

/** How often each way of reading finds the member, of which there must be no other with its values. */
const sightings = async (members: Members, id: string, seen: { includeDeleted?: boolean }) => {
  const where = { team: "red" };
  const pages: string[] = [];
  for await (const { items } of members.pages({ where, ...seen })) pages.push(...idsOf(items));
  const each: string[] = [];
  for await (const member of members.each({ where, ...seen })) each.push(member.id);
  return [
    (await members.maybeFindById(id, seen)) === undefined ? [] : [id],
    [...(await members.findAll([id, ABSENT], seen)).keys()],
    idsOf([(await members.maybeFindByEmail("ada@example.com", seen)) ?? []].flat()),
    idsOf(
      [
        (await members.maybeFindByTeamAndNumberAndEmail(
          { team: "red", number: 7, email: "Ada@example.com" },
          seen,
        )) ?? [],
      ].flat(),
    ),
    idsOf((await members.list({ where, ...seen })).items),
    idsOf((await members.list(seen)).items),
    idsOf((await members.listByTeam("red", seen)).items),
    pages,
    each,
    Array.from({ length: await members.count({ where, ...seen }) }, () => id),
    (await members.exists(seen)) ? [id] : [],
  ];
};

export const deleting = contractGroup("deleting", {
  "hides the entity from every finder and list, unless deleted ones are asked for": async (
    bench,
  ) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "Ada@example.com", number: 7 });
    for (const found of await sightings(members, ada.id, {})) expect(found).toEqual([ada.id]);
    expect(await members.delete(ada, { reason: "moved" })).toBe(1);
    for (const found of await sightings(members, ada.id, {})) expect(found).toEqual([]);
    for (const found of await sightings(members, ada.id, all)) expect(found).toEqual([ada.id]);
    for (const found of await sightings(members, ada.id, { includeDeleted: false })) {
      expect(found).toEqual([]);
    }
  },

  "looks like what never was": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    const gone = await thrownBy(members.findById(ada.id), EntityNotFoundError);
    const never = await thrownBy(members.findById(ABSENT), EntityNotFoundError);
    expect({ ...gone, message: gone.message.replace(ada.id, ABSENT), values: [ABSENT] }).toEqual({
      ...never,
      message: never.message,
    });
    await thrownBy(members.findByEmail("ada@example.com"), EntityNotFoundError);
    await thrownBy(
      members.transact(ada.id, () => {}),
      EntityNotFoundError,
    );
  },

  "appends the declared event after what is pending, in one write": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    ada.give(5);
    ada.changeEmail("late@example.com");
    expect(ada.isDeleted).toBe(false);
    expect(await members.delete(ada, { reason: "moved" })).toBe(3);
    expect(ada.isDeleted).toBe(true);
    expect(ada.version).toBe(4);
    expect(ada.pending).toEqual([]);
    const read = await members.findById(ada.id, all);
    expect(read.isDeleted).toBe(true);
    expect(read.version).toBe(4);
    expect(read.history.at(-1)).toEqual({ type: "MemberLeft", reason: "moved" });
    expect((await members.findByEmail("late@example.com", all)).state.points).toBe(5);
  },

  "of what is deleted already appends nothing, and says so": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    expect(await members.delete(ada, { reason: "again" })).toBe(0);
    const read = await members.findById(ada.id, all);
    expect(await members.delete(read, { reason: "again" })).toBe(0);
    expect((await members.findById(ada.id, all)).version).toBe(2);
  },

  "is what a command does that yields the declared event": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    expect(ada.leave("bored")).toBe("executed");
    expect(ada.isDeleted).toBe(true);
    expect(ada.leave("again")).toBe("alreadyApplied");
    expect((await members.findById(ada.id)).isDeleted).toBe(false);
    expect(await members.update(ada)).toBe(1);
    expect(await members.maybeFindById(ada.id)).toBeUndefined();
    expect(await members.delete(ada, { reason: "again" })).toBe(0);
    const { entity } = await members.transact(
      (options) => members.findById(ada.id, { ...options, ...all }),
      (member) => member.returnAs("back@example.com"),
    );
    expect((await members.findById(entity.id)).state.email).toBe("back@example.com");
  },

  "frees unique values; of those who had one, the live one is found, then the last deleted": async (
    bench,
  ) => {
    const members = await bench.repository(defineMember);
    const made: string[] = [];
    for (const reason of ["first", "second"]) {
      const member = await members.create({ email: "ada@example.com" });
      made.push(member.id);
      await members.delete(member, { reason });
    }
    expect((await members.findByEmail("ada@example.com", all)).id).toBe(made[1]);
    const live = await members.create({ email: "ADA@example.com" });
    expect((await members.findByEmail("ada@example.com", all)).id).toBe(live.id);
    expect((await members.findByEmail("ada@example.com")).id).toBe(live.id);
    expect(await members.count(all)).toBe(3);
  },

  "leaves the entity open to nothing but its restoring": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    for (const member of [ada, await members.findById(ada.id, all)]) {
      const attempt = member.attempt.give(5);
      expect(attempt).toMatchObject({ outcome: "deleted", error: expect.any(EntityDeletedError) });
      expect(() => member.give(5)).toThrow(EntityDeletedError);
      expect(() => member.leaveBriefly()).toThrow(EntityDeletedError);
      expect(member.pending).toEqual([]);
      expect(await members.update(member)).toBe(0);
    }
    const error = await thrownBy(
      Promise.resolve().then(() => ada.give(5)),
      EntityDeletedError,
    );
    expect(error).toMatchObject({ id: ada.id, command: "give", retryable: false });
    expect((await members.findById(ada.id, all)).version).toBe(2);
  },

  "that fails leaves the entity as it was": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    const copy = await members.findById(ada.id);
    ada.give(1);
    await members.update(ada);
    copy.give(2);
    await thrownBy(members.delete(copy, { reason: "late" }), ConcurrentModificationError);
    expect(copy.isDeleted).toBe(false);
    expect(copy.pending).toEqual([{ type: "PointsGiven", points: 2 }]);
    await thrownBy(members.delete(ada, { reason: 5 as never }), InvalidEventError);
    await thrownBy(members.delete(ada, undefined as never), InvalidEventError);
    expect(ada.isDeleted).toBe(false);
    ada.give(3);
    expect(await members.update(ada)).toBe(1);
    expect((await members.findById(ada.id)).state.points).toBe(4);
  },

  "in a transaction is seen within it, and undone with it": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    const undone = bench.transaction(async (tx) => {
      expect(await members.delete(ada, { reason: "moved" }, { tx })).toBe(1);
      expect(await members.maybeFindById(ada.id, { tx })).toBeUndefined();
      expect((await members.findById(ada.id, { tx, ...all })).isDeleted).toBe(true);
      await members.create({ email: "ada@example.com" }, { tx });
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    const read = await members.findByEmail("ada@example.com");
    expect([read.id, read.isDeleted, read.version]).toEqual([ada.id, false, 1]);
    // Like any event of a transaction that was rolled back, it is pending again.
    expect(ada.pending).toEqual([{ type: "MemberLeft", reason: "moved" }]);
    expect(await members.delete(ada, { reason: "again" })).toBe(1);
    expect(await members.maybeFindById(ada.id)).toBeUndefined();
  },

  "keeps the id taken, and may be for good": async (bench) => {
    const notices = await bench.repository(defineNotice);
    const notice = await notices.create({ text: "one" }, { id: ID });
    expect(await notices.delete(notice, { by: "ada" })).toBe(1);
    await thrownBy(notices.create({ text: "two" }, { id: ID }), EntityAlreadyExistsError);
    expect("restore" in notices).toBe(false);
    const gone = await notices.create({ text: "gone", removed: true }, { id: ABSENT });
    expect(gone.isDeleted).toBe(true);
    expect(await notices.delete(gone)).toBe(0);
    expect((await notices.list()).items).toEqual([]);
    expect(await notices.count(all)).toBe(2);
  },

  "without a payload needs none": async (bench) => {
    const notices = await bench.repository(defineNotice);
    const notice = await notices.create({ text: "one" }, { id: ID });
    await bench.transaction((tx) => notices.delete(notice, undefined, { tx }));
    expect((await notices.findById(ID, all)).history.at(-1)).toEqual({ type: "NoticeRemoved" });
  },

  "hides what happened to the entity as well, and what it was": async (bench) => {
    const members = await bench.repository(defineMember);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    const first = { asOf: { version: 1 } } as const;
    await thrownBy(members.history(ada.id), EntityNotFoundError);
    await thrownBy(members.eachEvent(ada.id).next(), EntityNotFoundError);
    await thrownBy(members.findById(ada.id, first), EntityNotFoundError);
    expect((await members.history(ada.id, all)).items.map(({ event }) => event.type)).toEqual([
      "MemberJoined",
      "MemberLeft",
    ]);
    expect((await members.findById(ada.id, { ...first, ...all })).isDeleted).toBe(false);
    await members.restore(ada);
    const second = { asOf: { version: 2 } } as const;
    expect((await members.findById(ada.id, first)).isDeleted).toBe(false);
    expect(await members.maybeFindById(ada.id, second)).toBeUndefined();
    expect((await members.findById(ada.id, { ...second, ...all })).isDeleted).toBe(true);
    expect((await members.history(ada.id)).items).toHaveLength(3);
  },

  "is an event to consumers like any other": async (bench) => {
    const Member = await bench.define(defineMember);
    const members = createStoreRepository(Member, bench.store);
    const ada = await members.create({ email: "ada@example.com" });
    await members.delete(ada, { reason: "moved" });
    await members.restore(ada);
    const seen: unknown[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Member.name,
      topics: [Member],
      on: {
        MemberLeft: async (event, { sequence }) => void seen.push([event.reason, sequence]),
        MemberReturned: async (event, { sequence }) => void seen.push([event.type, sequence]),
      },
    });
    await consumer.catchUp();
    expect(seen).toEqual([
      ["moved", 2],
      ["MemberReturned", 3],
    ]);
  },
});
