import { EntityNotFoundError } from "@annals/core";
import { expect } from "vitest";
import { contractGroup } from "../contract-case.ts";
import { expectSame, openJournals, readFrom } from "../journals.ts";
import { nextId } from "../scoped-projects.ts";
import { thrownBy } from "../thrown-by.ts";

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
});
