import {
  createStoreRepository,
  HistoryNotLoadedError,
  isReplayed,
  type JsonObject,
} from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { expectSame, openJournals, readFrom } from "../journals.ts";
import { nextId } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";

export const snapshotHistories = contractGroup("snapshots: beside histories", {
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
