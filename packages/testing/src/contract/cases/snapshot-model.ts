import { createStoreRepository, type Repository } from "@annals/core";
import * as fc from "fast-check";
import { expect } from "vitest";
import type { Bench, OpaqueTx } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { defineJournal } from "../entities/journal.ts";
import { nextId } from "../scoped-projects.ts";

type Journals = Repository<ReturnType<ReturnType<typeof defineJournal>>, OpaqueTx>;
type Journal = Awaited<ReturnType<Journals["findById"]>>;

interface Deed {
  readonly do: "write" | "retitle" | "feel" | "writeOnce";
  readonly word: string;
}

interface Step {
  readonly deeds: readonly Deed[];
  readonly end: "update" | "updateAll" | "roll back" | "keep" | "delete" | "restore";
  /** What is read before. */
  readonly reads: "state" | "history" | "nothing";
}

const step: fc.Arbitrary<Step> = fc.record({
  deeds: fc.array(
    fc.record({
      do: fc.constantFrom("write", "retitle", "feel", "writeOnce"),
      word: fc.constantFrom("a", "bb", "ccc"),
    }),
    { maxLength: 4 },
  ),
  end: fc.constantFrom("update", "update", "updateAll", "roll back", "keep", "delete", "restore"),
  reads: fc.constantFrom("state", "history", "nothing"),
});

const all = { includeDeleted: true };

const decided = (journal: Journal, id: string, reads: Step["reads"], { do: deed, word }: Deed) => {
  switch (deed) {
    case "write":
      return journal.attempt.write(word, word).outcome;
    case "retitle":
      return journal.attempt.retitle(`${id} ${word}`).outcome;
    case "feel":
      return journal.attempt.feel(word === "a" ? undefined : word).outcome;
    case "writeOnce":
      return reads === "history" ? journal.attempt.writeOnce(word).outcome : "left out";
  }
};

const ended = async (bench: Bench, journals: Journals, journal: Journal, end: Step["end"]) => {
  switch (end) {
    case "update":
      return journals.update(journal);
    case "updateAll":
      return journals.updateAll([journal]);
    case "delete":
      return journals.delete(journal);
    case "restore":
      return journals.restore(journal);
    case "roll back": {
      const undone = bench.transaction(async (tx) => {
        await journals.update(journal, { tx });
        throw new Error("undone");
      });
      return undone.catch((error: Error) => error.message);
    }
    case "keep":
      return "kept";
  }
};

/** All that anybody can see of the steps. */
const played = async (bench: Bench, journals: Journals, id: string, steps: readonly Step[]) => {
  const seen: unknown[] = [];
  let journal = await journals.create({ title: id }, { id });
  for (const { deeds, end, reads } of steps) {
    if (reads !== "nothing") {
      journal = await journals.findById(id, { ...all, history: reads === "history" });
    }
    seen.push(deeds.map((deed) => decided(journal, id, reads, deed)));
    seen.push(await ended(bench, journals, journal, end));
    seen.push([journal.version, journal.pending, journal.isDeleted]);
  }
  return seen;
};

const found = async (journals: Journals, id: string, history: boolean) => {
  const { version, state, isDeleted } = await journals.findById(id, { ...all, history });
  return { version, state, isDeleted };
};

export const snapshotModel = contractGroup("snapshots: a model", {
  "any sequence of commands leads to the same with and without them": async (bench) => {
    const clock = { now: () => new Date("2026-03-03T00:00:00.000Z"), sleep: async () => {} };
    const open = async (every?: number): Promise<Journals> => {
      const define = defineJournal(every === undefined ? undefined : { every });
      return createStoreRepository(await bench.define(define), bench.store, { clock });
    };
    const plain = await open();
    const kept = await Promise.all([1, 2, 3, 7].map(open));
    const property = fc.asyncProperty(
      fc.constantFrom(...kept),
      fc.array(step, { maxLength: 8 }),
      async (journals, steps) => {
        const id = nextId();
        const expected = await played(bench, plain, id, steps);
        expect(await played(bench, journals, id, steps)).toEqual(expected);
        const whole = await found(plain, id, true);
        expect(await found(journals, id, false)).toEqual(whole);
        expect(await found(journals, id, true)).toEqual(whole);
      },
    );
    await fc.assert(property, { numRuns: 20 });
  },
});
