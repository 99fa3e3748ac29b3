import { ConcurrentModificationError, DuplicateValueError } from "@annals/core";
import { Random } from "@annals/faults";
import { testDatabase } from "@annals/testing/vitest";
import { expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Resident } from "./database/resident.ts";

/** `STRESS_MS` makes it longer. */
const ms = Number(process.env.STRESS_MS ?? 4_000);
const WRITERS = 6;
const READERS = 3;
const RESIDENTS = 8;

class Undone extends Error {}

it(
  "what two processes read of what they know is what nobody knows beforehand",
  async () => {
    const { connectionString } = await testDatabase({
      name: "residents-cached",
      migrate: (url) => migrate(url, [Resident]),
    });
    const databases = [openDatabase(connectionString), openDatabase(connectionString)];
    // So little room that entities come and go.
    const processes = databases.map((db) => ({
      db,
      cached: createRepository(Resident, { db, cache: { events: 150 } }),
      plain: createRepository(Resident, { db }),
    }));
    const of = (number: number) => processes[number % 2] as (typeof processes)[number];
    try {
      const made = await of(0).plain.createAll(
        Array.from({ length: RESIDENTS }, (_, room) => ({ email: `${room}@example.com`, room })),
      );
      const ids = made.map(({ id }) => id);
      const end = Date.now() + ms;
      const counts = { written: 0, undone: 0, lost: 0, compared: 0, known: 0 };
      const all = { includeDeleted: true } as const;

      const write = async (random: Random, number: number): Promise<void> => {
        const { db, cached } = of(number);
        const id = ids[Math.floor(random.next() * RESIDENTS)] as string;
        const one = await cached.findById(id, all);
        if (one.isDeleted) await cached.restore(one);
        else if (random.next() < 0.1) await cached.delete(one);
        else if (random.next() < 0.2) {
          one.rename(`${Math.floor(random.next() * RESIDENTS)}@example.com`);
          await cached.update(one);
        } else if (random.next() < 0.3) {
          await transaction(db, async (tx) => {
            await cached.transact(id, (inside) => inside.score(7), { tx });
            await cached.findById(id, { tx });
            throw new Undone();
          });
        } else {
          one.score(Math.floor(random.next() * 100));
          await cached.update(one);
        }
        counts.written += 1;
      };

      const writer = async (number: number): Promise<void> => {
        const random = new Random(number + 1);
        while (Date.now() < end) {
          await write(random, number).catch((error: unknown) => {
            if (error instanceof Undone) counts.undone += 1;
            else if (error instanceof ConcurrentModificationError) counts.lost += 1;
            else if (!(error instanceof DuplicateValueError) && !isGone(error)) throw error;
          });
        }
      };

      /** One snapshot, read by those who know and by those who do not. */
      const compare = async (random: Random, number: number): Promise<void> => {
        const { db, cached, plain } = of(number);
        const id = ids[Math.floor(random.next() * RESIDENTS)] as string;
        const before = await plain.findById(id, all);
        const found = await cached.findById(id, all);
        expect(found.version).toBeGreaterThanOrEqual(before.version);
        const then = await plain.findById(id, { ...all, asOf: { version: found.version } });
        expect(found.state).toEqual(then.state);
        expect(found.history).toEqual(then.history);
        await cached.findByEmail(`${number}@example.com`).catch(() => undefined);
        await cached.list({ first: 4, orderBy: "room" });
        await transaction(
          db,
          async (tx) => {
            const known = await cached.findById(id, { ...all, tx });
            const read = await plain.findById(id, { ...all, tx });
            expect(known.toJSON()).toEqual(read.toJSON());
            expect(known.history).toEqual(read.history);
            expect(known.isDeleted).toBe(read.isDeleted);
            const email = `${Math.floor(random.next() * RESIDENTS)}@example.com`;
            expect((await cached.maybeFindByEmail(email, { tx }))?.toJSON()).toEqual(
              (await plain.maybeFindByEmail(email, { tx }))?.toJSON(),
            );
            const page = { first: 5, orderBy: "room", tx } as const;
            const [knownPage, readPage] = [await cached.list(page), await plain.list(page)];
            expect(knownPage.items.map((item) => item.toJSON())).toEqual(
              readPage.items.map((item) => item.toJSON()),
            );
          },
          { isolationLevel: "repeatable read" },
        );
        counts.compared += 1;
      };

      const reader = async (number: number): Promise<void> => {
        const random = new Random(100 + number);
        while (Date.now() < end) await compare(random, number);
      };

      await Promise.all([
        ...Array.from({ length: WRITERS }, (_, number) => writer(number)),
        ...Array.from({ length: READERS }, (_, number) => reader(number)),
      ]);
      expect(counts.written).toBeGreaterThan(20);
      expect(counts.compared).toBeGreaterThan(10);
      for (const { cached, plain } of processes) {
        for (const id of ids) {
          const [known, read] = [await cached.findById(id, all), await plain.findById(id, all)];
          expect(known.toJSON()).toEqual(read.toJSON());
          expect(known.history).toEqual(read.history);
        }
      }
    } finally {
      await Promise.all(databases.map((db) => db.destroy()));
    }
  },
  ms + 60_000,
);

const isGone = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ANNALS_ENTITY_NOT_FOUND";
