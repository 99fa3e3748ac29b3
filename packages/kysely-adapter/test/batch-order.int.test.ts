import type { EntityOf } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { createRepository, transaction } from "../src/index.ts";
import { Locker } from "./database/locker.ts";
import { migrate, openDatabase } from "./database/open.ts";

// Uniqueness is checked row by row, so the order of rows decides. No plan may change it.

const database = await testDatabase({
  name: "locker",
  migrate: (connectionString) => migrate(connectionString, [Locker]),
});
const db = openDatabase(database.connectionString);
afterAll(() => db.destroy());
const lockers = createRepository(Locker, { db });

const SIZE = 200;
let halls = 0;

const build = () => {
  halls += 1;
  const hall = `hall ${halls}`;
  const letter = String.fromCharCode(64 + halls);
  return lockers.createAll(
    Array.from({ length: SIZE }, (_, at) => ({
      hall,
      number: at + 1,
      label: `${letter}-${at + 1}`,
      key: `${hall} ${at + 1}`,
    })),
  );
};

type Lockers = readonly EntityOf<typeof Locker>[];

let free = SIZE;

/** Each takes what the next one has; the last one takes what nobody has. */
const shift = (made: Lockers): void => {
  free += 1;
  for (const [at, one] of made.entries()) {
    const next = made[at + 1]?.state;
    one.change({ number: next?.number ?? free, key: next?.key ?? null });
  }
};

/** Neighbours swap, and all labels go around. */
const swap = (made: Lockers): void => {
  const before = made.map(({ state }) => state);
  for (const [at, one] of made.entries()) {
    const { number } = before[at ^ 1] as (typeof before)[number];
    const { label } = before[(at + 1) % SIZE] as (typeof before)[number];
    one.change({ number, label });
  }
};

const shuffled = (made: Lockers): Lockers =>
  made.toSorted((one, other) => (one.id.slice(-4) < other.id.slice(-4) ? -1 : 1));

const expectStored = async (made: Lockers): Promise<void> => {
  const read = await lockers.findAll(made.map(({ id }) => id));
  for (const { id, state } of made) expect(read.get(id)?.state).toEqual(state);
  const hall = made[0]?.state.hall;
  const { rows } = await sql<{ id: string; number: number; label: string }>`
    select id, number, label from lockers where hall = ${hall}`.execute(db);
  const stored = new Map(rows.map(({ id, number, label }) => [id, { number, label }]));
  for (const { id, state } of made) expect(stored.get(id)).toMatchObject(pick(state));
};

const pick = ({ number, label }: { number: number; label: string }) => ({ number, label });

const PLANS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["hash", { mergejoin: "off", nestloop: "off" }],
  ["merge", { hashjoin: "off", nestloop: "off" }],
  ["nested-loop", { hashjoin: "off", mergejoin: "off" }],
  ["whole-table", { indexscan: "off", bitmapscan: "off", indexonlyscan: "off" }],
];

describe("values that move within one batch", () => {
  it.each(PLANS)("are given up before they are taken, with %s plans", async (_, settings) => {
    const made = await build();
    for (const mode of ["force_generic_plan", "force_custom_plan"]) {
      for (const move of [shift, swap, shift]) {
        move(made);
        await transaction(db, async (tx) => {
          await sql.raw(`set local plan_cache_mode = ${mode}`).execute(tx);
          for (const [name, value] of Object.entries(settings)) {
            await sql.raw(`set local enable_${name} = ${value}`).execute(tx);
          }
          await lockers.updateAll(shuffled(made), { tx });
        });
        await expectStored(made);
      }
    }
    const { rows } = await sql<{ inverted: number }>`
      select count(*) filter (where position < before)::int as inverted
      from (
        select position, lag(position) over (partition by id order by sequence) as before
        from locker_events
      ) ordered`.execute(db);
    expect(rows[0]).toEqual({ inverted: 0 });
  });

  it("would be refused in another order, which these tests would notice", async () => {
    const made = await build();
    const upwards = sql`
      with given as (select id, number + 1 as next from lockers where hall = ${made[0]?.state.hall})
      insert into lockers (id, created_at, version, hall, number, label, key)
      select l.id, l.created_at, l.version, l.hall, g.next, l.label, l.key
      from given g join lockers l on l.id = g.id
      order by g.next
      on conflict (id) do update set number = excluded.number`;
    await expect(upwards.execute(db)).rejects.toMatchObject({ code: "23505" });
  });
});
