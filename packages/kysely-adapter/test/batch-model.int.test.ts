import { DuplicateValueError, type EntityOf } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Locker, type LockerInput } from "./database/locker.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Random batches over a few entities and fewer values, so that chains, circles and duplicates abound,
// against what a set of rows with unique constraints allows.

const database = await testDatabase({
  name: "locker",
  migrate: (connectionString) => migrate(connectionString, [Locker]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());
const lockers = createRepository(Locker, { db });

const COUNT = 6;

/** Which value of each kind a locker gets; `undefined` leaves the locker out of the batch. */
const batch = fc.array(
  fc.option(
    fc.record({
      number: fc.integer({ min: 1, max: COUNT + 1 }),
      label: fc.integer({ min: 1, max: COUNT + 1 }),
      key: fc.option(fc.integer({ min: 1, max: COUNT })),
    }),
    { nil: undefined, freq: 6 },
  ),
  { minLength: COUNT, maxLength: COUNT },
);

/** All values of each kind dealt anew: nearly every one is a permutation that has to succeed. */
const permuted = fc
  .tuple(dealt(COUNT + 1), dealt(COUNT + 1), dealt(COUNT))
  .map(([numbers, labels, keys]) =>
    Array.from({ length: COUNT }, (_, at) => ({
      number: numbers[at] as number,
      label: labels[at] as number,
      key: keys[at] as number,
    })),
  );

function dealt(count: number): fc.Arbitrary<number[]> {
  const all = Array.from({ length: count }, (_, at) => at + 1);
  return fc.shuffledSubarray(all, { minLength: count, maxLength: count });
}

const runs = fc.record({
  batches: fc.array(fc.oneof(permuted, batch), { minLength: 1, maxLength: 4 }),
  order: dealt(COUNT),
  joins: fc.boolean(),
});

let halls = 0;

const keysOf = ({ hall, number, label, key }: LockerInput): string[] => [
  `number ${hall} ${number}`,
  `label ${label}`,
  ...(key === null ? [] : [`key ${key}`]),
];

const isPossible = (rows: readonly LockerInput[]): boolean => {
  const keys = rows.flatMap(keysOf);
  return new Set(keys).size === keys.length;
};

it("random batches end as the set of rows allows", { timeout: 300_000 }, async () => {
  const seen = { refused: 0, written: 0 };
  await fc.assert(
    fc.asyncProperty(runs, async ({ batches, order, joins }) => {
      halls += 1;
      const hall = `hall ${halls}`;
      const input = (n: { number: number; label: number; key: number | null }): LockerInput => ({
        hall,
        number: n.number,
        label: `${String.fromCharCode(65 + (halls % 26))}-${halls * 10 + n.label}`,
        key: n.key === null ? null : `${hall} ${n.key}`,
      });
      let made: readonly EntityOf<typeof Locker>[] = await lockers.createAll(
        Array.from({ length: COUNT }, (_, at) => {
          const n = at + 1;
          return input({ number: n, label: n, key: n });
        }),
      );
      for (const moves of batches) {
        const before = made.map(({ state, version }) => ({ state, version }));
        const after = made.map(({ state }, at) => {
          const move = moves[at];
          return move === undefined ? state : input(move);
        });
        for (const [at, one] of made.entries()) one.change(after[at] as LockerInput);
        const given = order.map((nth) => made[nth - 1] as EntityOf<typeof Locker>);
        const write = () =>
          joins
            ? transaction(db, (tx) => lockers.updateAll(given, { tx }))
            : lockers.updateAll(given);
        if (isPossible(after)) {
          await write();
          seen.written += 1;
          expect(made.every(({ pending }) => pending.length === 0)).toBe(true);
        } else {
          const error = await write().then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          expect(error).toBeInstanceOf(DuplicateValueError);
          const { id, batchIndex } = error as DuplicateValueError;
          expect(given[batchIndex as number]?.id).toBe(id);
          expect(made.map(({ version }) => version)).toEqual(before.map(({ version }) => version));
          seen.refused += 1;
        }
        const read = await lockers.findAll(made.map(({ id }) => id));
        made = made.map(({ id }) => read.get(id) as EntityOf<typeof Locker>);
        const expected = isPossible(after) ? after : before.map(({ state }) => state);
        expect(made.map(({ state }) => state)).toEqual(expected);
        for (const { id, state } of made) {
          expect((await lockers.findByLabel(state.label)).id).toBe(id);
          expect((await lockers.findByHallAndNumber(state)).id).toBe(id);
        }
      }
    }),
    { numRuns: 60 },
  );
  // Both happen often enough to mean something.
  expect(seen.written).toBeGreaterThan(20);
  expect(seen.refused).toBeGreaterThan(5);
});
