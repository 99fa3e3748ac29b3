import {
  ConcurrentModificationError,
  ConstraintViolationError,
  type DatabaseOf,
  DuplicateValueError,
  defineEntity,
  EntityNotFoundError,
  type EntityOf,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import * as fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkSchema, createRepository, rebuild, verify } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Resident } from "./database/resident.ts";

const Stay = defineEntity({
  name: "stay",
  schema: z.object({ residentId: z.uuid() }),
  events: { Booked: z.object({ residentId: z.uuid() }) },
  create: (residentId: string) => ({ type: "Booked", residentId }),
  evolve: { Booked: (_, { residentId }) => ({ residentId }) },
  commands: {},
  index: { residentId: { references: "residents" } },
});

const database = await testDatabase({
  name: "residents-and-stays",
  migrate: (connectionString) => migrate(connectionString, [Resident, Stay]),
});
const db = openDatabase<DatabaseOf<[typeof Resident, typeof Stay]>>(database.connectionString);
const residents = createRepository(Resident, { db });
const stays = createRepository(Stay, { db });
afterAll(() => db.destroy());

const all = { includeDeleted: true } as const;

const empty = async (): Promise<void> => {
  for (const table of ["resident_events", "stay_events"]) {
    await sql`alter table ${sql.table(table)} disable trigger user`.execute(db);
  }
  await sql`truncate residents, resident_events, stays, stay_events`.execute(db);
  for (const table of ["resident_events", "stay_events"]) {
    await sql`alter table ${sql.table(table)} enable trigger user`.execute(db);
  }
};
beforeEach(empty);

const row = (id: string) =>
  db.selectFrom("residents").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

describe("a deleted row", () => {
  it("has the very time that its event was recorded with", async () => {
    const resident = await residents.create({ email: "a@example.com", room: 1 });
    expect((await row(resident.id)).deleted_at).toBeNull();
    await residents.delete(resident);
    const { items } = await residents.history(resident.id, { ...all, last: 1 });
    expect((await row(resident.id)).deleted_at).toEqual(items[0]?.recordedAt);
    await residents.restore(resident);
    expect((await row(resident.id)).deleted_at).toBeNull();
  });

  it("still fulfils foreign keys, which see no difference", async () => {
    const resident = await residents.create({ email: "a@example.com", room: 1 });
    const stay = await stays.create(resident.id);
    await residents.delete(resident);
    expect((await stays.findById(stay.id)).state.residentId).toBe(resident.id);
    await stays.create(resident.id);
    const nobody = await stays.create(crypto.randomUUID()).catch((error: unknown) => error);
    expect(nobody).toBeInstanceOf(ConstraintViolationError);
  });

  it("is left out of what a query of one's own yields, unless it is asked for", async () => {
    const made: EntityOf<typeof Resident>[] = [];
    for (const room of [1, 2, 3]) {
      made.push(await residents.create({ email: `${room}@example.com`, room }));
    }
    await residents.delete(made[1] as EntityOf<typeof Resident>);
    const rooms = async (options?: { includeDeleted: boolean }) => {
      const found = await residents.query(
        (own) => own.selectFrom("residents").orderBy("room", "desc").select("id"),
        options,
      );
      return found.map(({ state }) => state.room);
    };
    expect(await rooms()).toEqual([3, 1]);
    expect(await rooms(all)).toEqual([3, 2, 1]);
  });

  it("is proven by verify, and mended by rebuild", async () => {
    const ids: string[] = [];
    for (const room of [1, 2, 3, 4]) {
      const resident = await residents.create({ email: `${room}@example.com`, room });
      ids.push(resident.id);
      if (room > 1) await residents.delete(resident);
      if (room > 2) await residents.restore(resident);
      if (room > 3) await residents.delete(resident);
    }
    expect(await verify(db, Resident)).toMatchObject({ checked: 4, differing: 0 });
    const before = await db.selectFrom("residents").selectAll().orderBy("room").execute();
    await sql`update residents set deleted_at = case when deleted_at is null then now() end`.execute(
      db,
    );
    const { differences } = await verify(db, Resident);
    expect(new Set(differences.map(({ id }) => id))).toEqual(new Set(ids));
    expect(differences.flatMap(({ columns }) => columns)).toEqual(Array(4).fill("deleted_at"));
    expect(await rebuild(db, Resident)).toMatchObject({ repaired: 4, finished: true });
    expect(await db.selectFrom("residents").selectAll().orderBy("room").execute()).toEqual(before);
  });

  it("is what the database is checked for", async () => {
    expect(await checkSchema(db, [Resident, Stay])).toEqual([]);
    const { rows } = await sql<{
      sql: string;
    }>`select pg_get_indexdef('residents_email_key'::regclass) as sql`.execute(db);
    await sql`drop index residents_email_key`.execute(db);
    await sql`create unique index residents_email_key on residents (email)`.execute(db);
    const differences = await checkSchema(db, [Resident]);
    expect(differences).toMatchObject([{ object: expect.stringContaining("residents_email_key") }]);
    await sql`drop index residents_email_key`.execute(db);
    await sql.raw(rows[0]?.sql ?? "").execute(db);
  });
});

type Action =
  | { readonly do: "create"; readonly email: number }
  | { readonly do: "score" | "delete" | "restore"; readonly at: number }
  | { readonly do: "rename"; readonly at: number; readonly email: number };

const at = fc.nat({ max: 5 });
const email = fc.nat({ max: 3 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constant("create" as const), email }),
  fc.record({ do: fc.constantFrom("score" as const, "delete" as const, "restore" as const), at }),
  fc.record({ do: fc.constant("rename" as const), at, email }),
);

/** What became of an action: how many events it says that it wrote, on which entity. */
interface Done {
  readonly id: string;
  readonly events: number;
  readonly scored: boolean;
}

let rooms = 0;

/** Does one action on what it finds; `undefined` when it was refused, in one of the ways that are told. */
const act = async (ids: string[], todo: Action): Promise<Done | undefined> => {
  try {
    if (todo.do === "create") {
      rooms += 1;
      const made = await residents.create({ email: `${todo.email}@example.com`, room: rooms });
      ids.push(made.id);
      return { id: made.id, events: 1, scored: false };
    }
    const id = ids[todo.at % Math.max(ids.length, 1)];
    if (id === undefined) return undefined;
    const isRestore = todo.do === "restore";
    const resident = await residents.findById(id, isRestore ? all : undefined);
    if (todo.do === "delete")
      return { id, events: await residents.delete(resident), scored: false };
    if (isRestore) return { id, events: await residents.restore(resident), scored: false };
    if (todo.do === "rename") resident.rename(`${todo.email}@example.com`);
    else resident.score(1);
    return { id, events: await residents.update(resident), scored: todo.do === "score" };
  } catch (error) {
    const isTold = [ConcurrentModificationError, DuplicateValueError, EntityNotFoundError].some(
      (told) => error instanceof told,
    );
    if (!isTold) throw error;
    return undefined;
  }
};

describe("concurrent creations, updates, deletions and restorings", () => {
  it("lose nothing, double no unique value, and leave every row as its events say", async () => {
    const clients = fc.asyncProperty(
      fc.array(fc.array(action, { minLength: 4, maxLength: 12 }), { minLength: 3, maxLength: 8 }),
      async (scripts) => {
        await empty();
        const ids: string[] = [];
        const run = async (script: readonly Action[]): Promise<Done[]> => {
          const done: Done[] = [];
          for (const todo of script) {
            const one = await act(ids, todo);
            if (one !== undefined) done.push(one);
          }
          return done;
        };
        const done = (await Promise.all(scripts.map(run))).flat();
        const found = await residents.findAll(ids, all);
        for (const id of ids) {
          const own = done.filter((one) => one.id === id);
          const resident = found.get(id);
          expect(resident?.version).toBe(own.reduce((sum, { events }) => sum + events, 0));
          expect(resident?.state.score).toBe(own.filter(({ scored }) => scored).length);
        }
        const live = [...found.values()].filter(({ isDeleted }) => !isDeleted);
        const emails = live.map(({ state }) => state.email);
        expect(new Set(emails).size).toBe(emails.length);
        expect(await residents.count()).toBe(live.length);
        expect(await verify(db, Resident)).toMatchObject({ checked: ids.length, differing: 0 });
      },
    );
    await fc.assert(clients, { numRuns: 40 });
  }, 60_000);
});
