import { defineEntity, type EntityOf } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  createRepository,
  entityTables,
  rebuild,
  type Verification,
  verify,
} from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});
const db = openDatabase(database.connectionString);
const people = createRepository(Person, { db });
afterAll(() => db.destroy());

const PEOPLE = 57;
let ids: string[];

beforeEach(async () => {
  await sql`alter table person_events disable trigger user`.execute(db);
  await sql`truncate people cascade`.execute(db);
  await sql`alter table person_events enable trigger user`.execute(db);
  ids = [];
  for (let at = 0; at < PEOPLE; at += 1) {
    const person = await people.create({ email: `P${at}@example.com`, slug: `p${at}` });
    if (at % 3 === 0) {
      person.renameOften([`q${at}`, `r${at}`]);
      await people.update(person);
    }
    ids.push(person.id);
  }
});

const inBatches = { batchSize: 10, concurrency: 3 } as const;

describe("verify", () => {
  it("finds nothing where everything was written by repositories", async () => {
    expect(await verify(db, Person, inBatches)).toEqual({
      entity: "person",
      checked: PEOPLE,
      differing: 0,
      differences: [],
      skipped: 0,
    });
  });

  it.each([
    ["email", sql`update people set email = 'other@example.com' where id = $id`],
    ["slug", sql`update people set slug = 'other'`],
    ["status", sql`update people set status = 'it''s over'`],
    ["nick", sql`update people set nick = 'nobody'`],
    ["score", sql`update people set score = 1.5`],
    ["verified", sql`update people set verified = true`],
    ["born_on", sql`update people set born_on = born_on + 1`],
    ["seen_at", sql`update people set seen_at = seen_at + interval '1 ms'`],
    ["fortune", sql`update people set fortune = fortune + 1`],
    ["labels", sql`update people set labels = '{b,a}'`],
    ["domain", sql`update people set domain = null`],
    ["created_at", sql`update people set created_at = created_at + interval '1 ms'`],
    ["version", sql`update people set version = version + 1`],
  ])("finds a %s that was changed from outside, and rebuild mends it", async (column, change) => {
    const id = ids[20] as string;
    const text = change.compile(db).sql.replace(/ where id = \$id$/, "");
    await sql.raw(`${text} where id = '${id}'`).execute(db);
    const found = await verify(db, Person, inBatches);
    expect(found).toMatchObject({ checked: PEOPLE, differing: 1 });
    expect(found.differences).toEqual([
      { id, columns: [column], problem: `its events say otherwise for ${column}` },
    ]);
    expect(await rebuild(db, Person, inBatches)).toMatchObject({ repaired: 1, finished: true });
    expect(await verify(db, Person, inBatches)).toMatchObject({ differing: 0 });
    await people.findById(id);
  });

  it("reports events that cannot be folded, and rebuild leaves their rows alone", async () => {
    const id = ids[5] as string;
    await sql`alter table person_events disable trigger user`.execute(db);
    await sql`update person_events set event = event - 'email' where id = ${id}::uuid`.execute(db);
    const found = await verify(db, Person);
    expect(found.differences).toEqual([
      { id, columns: [], problem: expect.stringMatching(/^Event 1 of .* cannot be read: email/) },
    ]);
    expect(await rebuild(db, Person)).toMatchObject({ repaired: 0, unfoldable: 1 });
  });

  it("raises no false alarm beside writers", async () => {
    let stop = false;
    const write = async (at: number): Promise<number> => {
      let writes = 0;
      for (; !stop; writes += 1) {
        await people.transact(ids[at % PEOPLE] as string, (person) =>
          person.rename(`w${at}-${writes}`),
        );
      }
      return writes;
    };
    const writers = [0, 1, 2, 3].map(write);
    const found: Verification[] = [];
    for (let run = 0; run < 15; run += 1) found.push(await verify(db, Person, { batchSize: 7 }));
    const repaired: number[] = [];
    for (let run = 0; run < 5; run += 1)
      repaired.push((await rebuild(db, Person, { batchSize: 7 })).repaired);
    stop = true;
    expect(Math.min(...(await Promise.all(writers)))).toBeGreaterThan(0);
    expect(found.flatMap(({ differences }) => differences)).toEqual([]);
    expect(repaired).toEqual([0, 0, 0, 0, 0]);
  });

  it("looks at a part only when asked to", async () => {
    const { checked } = await verify(db, Person, { batchSize: 1, sample: 0.5 });
    expect(checked).toBeGreaterThan(5);
    expect(checked).toBeLessThan(PEOPLE - 5);
    await expect(verify(db, Person, { sample: 0 })).rejects.toThrow("sample is not above 0");
  });
});

describe("an entity that can be deleted", () => {
  const Ticket = defineEntity({
    name: "ticket",
    schema: z.object({ title: z.string() }),
    events: {
      Opened: z.object({ title: z.string() }),
      Closed: z.object({}),
      Reopened: z.object({}),
    },
    create: (title: string) => ({ type: "Opened", title }),
    evolve: {
      Opened: (_, { title }) => ({ title }),
      Closed: (state) => state,
      Reopened: (state) => state,
    },
    commands: {},
    index: { title: { unique: true } },
    lifecycle: { delete: "Closed", restore: "Reopened" },
  });

  it("has to be deleted exactly when its events say so", async () => {
    for (const statement of entityTables(Ticket)) await sql.raw(statement).execute(db);
    const tickets = createRepository(Ticket, { db });
    const made = await Promise.all(["a", "b", "c"].map((title) => tickets.create(title)));
    const [kept, deleted, restored] = made as [
      EntityOf<typeof Ticket>,
      EntityOf<typeof Ticket>,
      EntityOf<typeof Ticket>,
    ];
    await tickets.delete(deleted);
    await tickets.delete(restored);
    await tickets.restore(restored);
    expect(await verify(db, Ticket)).toMatchObject({ checked: 3, differing: 0 });
    await sql`update tickets set deleted_at = case when deleted_at is null then now() end`.execute(
      db,
    );
    expect((await verify(db, Ticket)).differences.map(({ columns }) => columns)).toEqual([
      ["deleted_at"],
      ["deleted_at"],
      ["deleted_at"],
    ]);
    expect(await rebuild(db, Ticket)).toMatchObject({ repaired: 3 });
    expect(await verify(db, Ticket)).toMatchObject({ differing: 0 });
    await tickets.findById(kept.id);
    expect(await tickets.maybeFindById(deleted.id)).toBeUndefined();
  });
});

describe("rebuild", () => {
  it("goes on where it was stopped", async () => {
    await sql`update people set domain = null`.execute(db);
    const stopped = new AbortController();
    const first = await rebuild(db, Person, {
      batchSize: 10,
      concurrency: 1,
      signal: stopped.signal,
      onProgress: ({ done }) => {
        if (done >= 20) stopped.abort();
      },
    });
    expect(first).toMatchObject({ finished: false });
    expect(first.repaired).toBeLessThan(PEOPLE);
    const second = await rebuild(db, Person, { batchSize: 10 });
    expect(second).toMatchObject({ finished: true, repaired: PEOPLE - first.repaired });
    expect(second.checked).toBe(PEOPLE - first.checked);
    expect(await verify(db, Person)).toMatchObject({ differing: 0 });
    expect(await rebuild(db, Person)).toMatchObject({ checked: PEOPLE, repaired: 0 });
  });
});
