import {
  createStoreRepository,
  EntityNotFoundError,
  HistoryNotLoadedError,
  isReplayed,
  type JsonObject,
  type Repository,
} from "@annals/core";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineJournal } from "../entities/journal.ts";
import { nextId } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";

type Journal = ReturnType<ReturnType<typeof defineJournal>>;
type Journals = Repository<Journal, OpaqueTx>;

const EVERY = 3;

/** Journals, and what their store has of one. */
const openJournals = async (bench: Bench) => {
  const definition = await bench.define(defineJournal({ every: EVERY }));
  const entities = bench.store.entity(definition.plan);
  const seen = { includeDeleted: true };
  return {
    definition,
    entities,
    journals: createStoreRepository(definition, bench.store),
    storedOf: async (id: string, tx?: OpaqueTx) =>
      (await entities.load([id], tx, seen))[0] as NonNullable<
        Awaited<ReturnType<typeof entities.load>>[0]
      >,
  };
};

/** The version of the snapshot that a read begins at, and how many events it takes after it. */
const readFrom = ({
  snapshot,
  events,
}: {
  readonly snapshot?: { readonly version: number } | undefined;
  readonly events: readonly unknown[];
}) => [snapshot?.version, events.length];

const whole = { history: true, includeDeleted: true } as const;

/** That a journal is the same whether it is read from its snapshot or from its first event. */
const expectSame = async (journals: Journals, id: string): Promise<void> => {
  const [short, long] = [
    await journals.findById(id, { includeDeleted: true }),
    await journals.findById(id, whole),
  ];
  expect(short.toJSON()).toEqual(long.toJSON());
  expect(short.isDeleted).toBe(long.isDeleted);
  expect(short.pending).toEqual([]);
};

export const snapshots = contractGroup("snapshots", {
  "are written by the appends that reach them, and read with the events after them": async (
    bench,
  ) => {
    const { journals, storedOf } = await openJournals(bench);
    const id = nextId();
    const journal = await journals.create({ title: id }, { id });
    expect(readFrom(await storedOf(id))).toEqual([undefined, 1]);
    journal.write("one");
    await journals.update(journal);
    expect(readFrom(await storedOf(id))).toEqual([undefined, 2]);
    journal.write("two", "three");
    await journals.update(journal);
    expect(readFrom(await storedOf(id))).toEqual([4, 0]);
    journal.feel("fine");
    await journals.update(journal);
    journal.write("four");
    await journals.update(journal);
    expect(readFrom(await storedOf(id))).toEqual([4, 2]);
    await expectSame(journals, id);
    journal.write("five");
    await journals.update(journal);
    expect(readFrom(await storedOf(id))).toEqual([7, 0]);
    await expectSame(journals, id);
    const found = await journals.findById(id);
    expect(found.state).toMatchObject({ mood: "fine", letters: 19n });
    expect(found.state.entries[0]?.at).toBeInstanceOf(Date);
  },

  "are counted from the one that was read, whoever wrote it": async (bench) => {
    const { journals, storedOf } = await openJournals(bench);
    const id = nextId();
    await journals.create({ title: id, lines: ["a", "b", "c"] }, { id });
    expect(readFrom(await storedOf(id))).toEqual([4, 0]);
    for (let version = 5; version <= 7; version += 1) {
      await journals.transact(id, (journal) => journal.write(`${version}`));
    }
    expect(readFrom(await storedOf(id))).toEqual([7, 0]);
    // With the whole history in hand nobody knows of the last one, and takes it to be where it belongs.
    await journals.transact(id, (journal) => journal.write("8"), { history: true });
    expect(readFrom(await storedOf(id))).toEqual([7, 1]);
    await journals.transact(id, (journal) => journal.write("9"), { history: true });
    expect(readFrom(await storedOf(id))).toEqual([9, 0]);
    await expectSame(journals, id);
  },

  "are read by every way of finding": async (bench) => {
    const { journals, definition, entities } = await openJournals(bench);
    const id = nextId();
    const journal = await journals.create({ title: id, lines: ["a", "b", "c"] }, { id });
    journal.feel("well");
    await journals.update(journal);
    const list = {
      where: { kind: "all", of: [] },
      orderBy: "id",
      direction: "asc",
      after: undefined,
      before: undefined,
      take: "first",
      limit: 10,
    } as const;
    const constraint = definition.plan.uniques[0]?.constraint as string;
    for (const seen of [{}, { includeDeleted: true }]) {
      const found = [
        ...(await entities.load([id], undefined, seen)),
        ...(await entities.load([id, nextId()], undefined, seen)),
        (await entities.find(constraint, [id], undefined, seen)) ?? [],
        ...(await entities.list(list, undefined, seen)),
      ].flat();
      expect(found.map(readFrom)).toEqual(Array.from({ length: 4 }, () => [4, 1]));
      const all = { ...seen, history: true };
      expect((await entities.load([id], undefined, all)).map(readFrom)).toEqual([[undefined, 5]]);
      expect((await entities.list(list, undefined, all)).map(readFrom)).toEqual([[undefined, 5]]);
    }
    for (const found of [
      await journals.findById(id),
      await journals.findByTitle(id),
      (await journals.findAll([id])).get(id),
      (await journals.list()).items[0],
    ]) {
      expect(found?.toJSON()).toEqual(journal.toJSON());
    }
  },

  "are written for each member of a batch that reaches one": async (bench) => {
    const { journals, storedOf } = await openJournals(bench);
    const [a = "", b = "", c = ""] = [nextId(), nextId(), nextId()];
    const made = await journals.createAll([
      { id: a, input: { title: a, lines: ["1", "2", "3"] } },
      { id: b, input: { title: b } },
      { id: c, input: { title: c, lines: ["1"] } },
    ]);
    const read = async () => [
      readFrom(await storedOf(a)),
      readFrom(await storedOf(b)),
      readFrom(await storedOf(c)),
    ];
    expect(await read()).toEqual([
      [4, 0],
      [undefined, 1],
      [undefined, 2],
    ]);
    for (const journal of made) journal.write("next");
    await journals.updateAll(made);
    expect(await read()).toEqual([
      [4, 1],
      [undefined, 2],
      [3, 0],
    ]);
    for (const id of [a, b, c]) await expectSame(journals, id);
  },

  "are as lasting as the transaction that they were written in": async (bench) => {
    const { journals, storedOf } = await openJournals(bench);
    const id = nextId();
    const journal = await journals.create({ title: id, lines: ["a"] }, { id });
    journal.write("b");
    const rolledBack = bench.transaction(async (tx) => {
      await journals.update(journal, { tx });
      expect(readFrom(await storedOf(id, tx))).toEqual([3, 0]);
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    expect(readFrom(await storedOf(id))).toEqual([undefined, 2]);
    await journals.update(journal);
    expect(readFrom(await storedOf(id))).toEqual([3, 0]);
    await expectSame(journals, id);
  },

  "know whether the entity is deleted": async (bench) => {
    const { journals, storedOf } = await openJournals(bench);
    const id = nextId();
    const journal = await journals.create({ title: id, lines: ["a"] }, { id });
    await journals.delete(journal);
    expect(readFrom(await storedOf(id))).toEqual([3, 0]);
    await expectSame(journals, id);
    await thrownBy(journals.findById(id), EntityNotFoundError);
    const burnt = await journals.findById(id, { includeDeleted: true });
    expect(burnt.isDeleted).toBe(true);
    expect(burnt.attempt.write("late").outcome).toBe("deleted");
    await journals.restore(burnt);
    expect(readFrom(await storedOf(id))).toEqual([3, 1]);
    expect((await journals.findById(id)).isDeleted).toBe(false);
    await expectSame(journals, id);
    // A value of a deleted one may be taken, and is compared when it comes back in a batch.
    const other = nextId();
    await journals.create({ title: other }, { id: other });
    const [one, two] = [await journals.findById(id), await journals.findById(other)];
    one.retitle("free");
    two.retitle(id);
    await journals.updateAll([one, two]);
    expect((await journals.findByTitle(id)).id).toBe(other);
  },

  "leave the history to those who ask for it": async (bench) => {
    const { journals } = await openJournals(bench);
    const id = nextId();
    const created = await journals.create({ title: id }, { id });
    expect(created.history).toHaveLength(1);
    // Whether there is a snapshot yet makes no difference.
    const short = await journals.findById(id);
    expect(() => short.history).toThrow(HistoryNotLoadedError);
    const refused = await thrownBy((async () => short.writeOnce("a"))(), HistoryNotLoadedError);
    expect(refused).toMatchObject({ code: "ANNALS_HISTORY_NOT_LOADED", command: "writeOnce", id });
    expect(() => short.attempt.writeOnce("a")).toThrow(HistoryNotLoadedError);
    expect(short.pending).toEqual([]);
    const once = () => journals.transact(id, (one) => one.writeOnce("a"), { history: true });
    expect((await once()).result).toBe("executed");
    expect((await once()).result).toBe("alreadyApplied");
    await journals.transact(id, (one) => one.write("b", "c", "d"));
    expect((await once()).result).toBe("alreadyApplied");
    const long = await journals.findById(id, { history: true });
    expect(long.history).toHaveLength(5);
    const found = await journals.transact(
      (options) => journals.findByTitle(id, options),
      (one) => one.history.length,
      { history: true },
    );
    expect(found.result).toBe(5);
    const { entity } = await journals.createOrFind({ title: id }, { id, history: true });
    expect(entity.history).toHaveLength(5);
    const listed = await journals.list({ history: true });
    expect(listed.items[0]?.history).toHaveLength(5);
  },

  "are left aside by a cache, which holds histories": async (bench) => {
    const { definition, journals, storedOf } = await openJournals(bench);
    const cached = createStoreRepository(definition, bench.store, { cache: true });
    const id = nextId();
    await journals.create({ title: id, lines: ["a", "b", "c"] }, { id });
    for (let version = 5; version <= 8; version += 1) {
      await journals.transact(id, (journal) => journal.write(`${version}`));
      for (const found of [
        await cached.findById(id),
        await cached.findByTitle(id),
        (await cached.list()).items[0],
      ]) {
        expect(found?.toJSON()).toEqual((await journals.findById(id)).toJSON());
        expect(found?.history).toHaveLength(version);
      }
    }
    const once = () => cached.transact(id, (journal) => journal.writeOnce("a"));
    expect((await once()).result).toBe("alreadyApplied");
    await cached.transact(id, (journal) => journal.write("9"));
    expect(readFrom(await storedOf(id))).toEqual([9, 0]);
    await expectSame(journals, id);
  },

  "change nothing about the past": async (bench) => {
    const { journals } = await openJournals(bench);
    const id = nextId();
    await journals.create({ title: id, lines: ["a", "b", "c", "d"] }, { id });
    const past = await journals.findById(id, { asOf: { version: 2 } });
    expect(past.history).toHaveLength(2);
    expect(past.state.entries).toHaveLength(1);
    expect((await journals.history(id, { first: 2 })).items).toHaveLength(2);
  },

  "change nothing about a request that is repeated": async (bench) => {
    const { journals, storedOf } = await openJournals(bench);
    const id = nextId();
    await journals.create({ title: id }, { id });
    const idempotencyKey = `key-${id}`;
    const once = () =>
      journals.transact(id, (journal) => journal.write("a", "b", "c"), { idempotencyKey });
    expect((await once()).replayed).toBe(false);
    expect(readFrom(await storedOf(id))).toEqual([4, 0]);
    const { entity } = await once();
    expect(isReplayed(entity)).toBe(true);
    expect(entity.history).toHaveLength(4);
    // What a repetition brought back can be written on.
    entity.write("d", "e", "f");
    await journals.update(entity);
    expect(readFrom(await storedOf(id))).toEqual([7, 0]);
    const later = await once();
    expect(later).toMatchObject({ replayed: true, entity: { version: 4 } });
    expect(later.entity.state.entries).toHaveLength(3);
    await expectSame(journals, id);
  },

  "are of no account where they cannot be read": async (bench) => {
    const { journals, entities, storedOf } = await openJournals(bench);
    const id = nextId();
    await journals.create({ title: id, lines: ["a", "b", "c"] }, { id });
    const event = { type: "MoodChanged", version: 1, body: { type: "MoodChanged", mood: "odd" } };
    const write = {
      ...{ id, expectedVersion: 4, events: [event], columns: [id], context: null },
      snapshot: { state: { title: 7 } },
    };
    expect(await entities.write(write, undefined)).toMatchObject({ kind: "written" });
    expect(readFrom(await storedOf(id))).toEqual([5, 0]);
    await expectSame(journals, id);
    const journal = await journals.findByTitle(id);
    expect(journal.state).toMatchObject({ mood: "odd", letters: 3n });
    expect(() => journal.history).toThrow(HistoryNotLoadedError);
    expect((await journals.list()).items.map(({ version }) => version)).toEqual([5]);
    // The next write replaces it.
    journal.write("d");
    await journals.update(journal);
    const { snapshot } = await storedOf(id);
    expect(snapshot).toMatchObject({ version: 6, body: { state: { title: id, letters: "4" } } });
  },

  "stay right beside writers who keep none": async (bench) => {
    const { journals, entities, storedOf } = await openJournals(bench);
    const id = nextId();
    await journals.create({ title: id, lines: ["a", "b", "c"] }, { id });
    const bodies: JsonObject[] = [
      { type: "Written", line: "of old" },
      { type: "Written", v: 2, text: "new", at: "2026-02-02T00:00:00.000Z" },
    ];
    for (const [at, body] of bodies.entries()) {
      const event = { type: "Written", version: Number(body.v ?? 1), body };
      const write = { id, expectedVersion: 4 + at, events: [event], columns: [id], context: null };
      expect(await entities.write(write, undefined)).toMatchObject({ kind: "written" });
    }
    expect(readFrom(await storedOf(id))).toEqual([4, 2]);
    await expectSame(journals, id);
    const journal = await journals.findById(id);
    expect(journal.state.entries.map(({ text }) => text)).toEqual(["a", "b", "c", "of old", "new"]);
    journal.write("next");
    await journals.update(journal);
    expect(readFrom(await storedOf(id))).toEqual([7, 0]);
    await expectSame(journals, id);
  },
});
