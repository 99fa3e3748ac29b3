import {
  ConcurrentModificationError,
  ConstraintViolationError,
  DuplicateValueError,
  LockTimeoutError,
  OutcomeUnknownError,
  TransactionNotJoinedError,
} from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { defineContext } from "../src/context.ts";
import { annalsPool, createRepository, type PgPool, transaction, verify } from "../src/index.ts";
import { migrate } from "./database/open.ts";
import { Person } from "./database/person.ts";

const database = await testDatabase({
  name: "person",
  migrate: (connectionString) => migrate(connectionString, [Person]),
});

/** The names of the statements that were sent, to see how many calls made how many. */
const sent: string[] = [];

const watching = new WeakMap<pg.PoolClient, pg.PoolClient>();

const watchedClient = (client: pg.PoolClient): pg.PoolClient => {
  const known = watching.get(client);
  if (known !== undefined) return known;
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<never>;
  const made = Object.assign(Object.create(client) as pg.PoolClient, {
    query: (...args: unknown[]) => {
      const name = (args[0] as { readonly name?: string }).name;
      if (name !== undefined) sent.push(name.replace(/_[0-9a-f]{16}$/, ""));
      return query(...args);
    },
    release: (broken?: boolean) => client.release(broken),
  });
  watching.set(client, made);
  return made;
};

const watched = (pool: pg.Pool): PgPool => ({
  options: pool.options,
  on: (event, listener) => pool.on(event, listener),
  end: () => pool.end(),
  connect: async () => watchedClient(await pool.connect()),
});

const open = (name = "app") => {
  const { connectionString } = database;
  const pool = new pg.Pool({ connectionString, max: 10, application_name: name });
  pool.on("error", () => {});
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(watched(pool)) }) });
};

const db = open();
const elsewhere = open("elsewhere");
const people = createRepository(Person, { db, lockTimeoutMs: 2_000, coalesce: { lanes: 2 } });
const other = new pg.Client(database.connectionString);
await other.connect();
afterAll(async () => {
  await other.end();
  await db.destroy();
  await elsewhere.destroy();
});

let count = 0;
const fresh = () => {
  count += 1;
  return { email: `p${count}@example.com`, slug: `p${count}` };
};

const times = <Made>(length: number, make: (at: number) => Made): Made[] =>
  Array.from({ length }, (_, at) => make(at));

const created = (howMany: number) => Promise.all(times(howMany, () => people.create(fresh())));

/** How each call ended: by its error's class, or as fulfilled. */
const ends = async (calls: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
  (await Promise.allSettled(calls)).map((end) =>
    end.status === "fulfilled" ? "fulfilled" : (end.reason as Error).constructor,
  );

const tally = (outcomes: readonly unknown[], outcome: unknown): number =>
  outcomes.filter((each) => each === outcome).length;

beforeEach(() => {
  sent.length = 0;
});
afterEach(async () => {
  await other.query("rollback");
  // Whatever was tried: every index row is what its events fold into.
  const { differences } = await verify(db, Person);
  expect(differences).toEqual([]);
});

describe("calls at the same time", () => {
  it("are gathered into few statements, and each gets its own entity", async () => {
    const made = await created(100);
    expect(sent.length).toBeLessThan(20);
    expect(sent.filter((name) => name === "annals_create_each_people").length).toBeGreaterThan(0);
    expect(new Set(made.map(({ id }) => id)).size).toBe(100);
    sent.length = 0;
    for (const [at, person] of made.entries()) person.rename(`renamed-${person.id}-${at}`);
    expect(await Promise.all(made.map((person) => people.update(person)))).toEqual(
      times(100, () => 1),
    );
    expect(sent.length).toBeLessThan(20);
    const found = await people.findAll(made.map(({ id }) => id));
    for (const [at, { id, state, version }] of made.entries()) {
      expect(found.get(id)).toMatchObject({ version: 2, state });
      expect([version, state.slug]).toEqual([2, `renamed-${id}-${at}`]);
    }
  });

  it("are gathered behind eight that are under way, where nothing else is said", async () => {
    const usual = createRepository(Person, { db });
    await Promise.all(times(8, () => usual.create(fresh())));
    expect(sent).toEqual(times(8, () => "annals_create_people"));
    sent.length = 0;
    await Promise.all(times(60, () => usual.create(fresh())));
    expect(sent.length).toBeLessThan(30);
    for (const lanes of [0, 1.5, Number.NaN]) {
      expect(() => createRepository(Person, { db, coalesce: { lanes } })).toThrow(/lanes/);
    }
  });

  it("make a statement each where that is asked for", async () => {
    const apart = createRepository(Person, { db, coalesce: false });
    await Promise.all(times(30, () => apart.create(fresh())));
    expect(sent).toEqual(times(30, () => "annals_create_people"));
  });

  it("one after the other make a statement each, and the same as ever", async () => {
    for (let at = 0; at < 5; at += 1) {
      const person = await people.create(fresh());
      person.age(at);
      await people.update(person);
    }
    expect(new Set(sent)).toEqual(new Set(["annals_create_people", "annals_append_people"]));
  });
});

describe("what goes wrong for one", () => {
  it("of many creates with values that are taken, exactly one of each wins", async () => {
    const values = times(10, fresh);
    const calls = times(60, (at) => people.create(values[at % 10] ?? fresh()));
    const innocent = times(30, () => people.create(fresh()));
    const outcomes = await ends(calls);
    expect(tally(outcomes, "fulfilled")).toBe(10);
    expect(tally(outcomes, DuplicateValueError)).toBe(50);
    expect(await ends(innocent)).toEqual(times(30, () => "fulfilled"));
    for (const [at, call] of calls.entries()) {
      const error = await call.catch((reason: DuplicateValueError) => reason);
      if (!(error instanceof DuplicateValueError)) continue;
      expect([error.columns, error.values]).toEqual([["email"], [values[at % 10]?.email]]);
    }
  });

  it("is told to that one: a lost race, a value that is taken, a missing reference", async () => {
    const made = await created(40);
    const [stale, taker, orphan, ...rest] = made as [
      (typeof made)[0],
      (typeof made)[0],
      (typeof made)[0],
      ...typeof made,
    ];
    const newer = await people.findById(stale.id);
    newer.age(1);
    await people.update(newer);
    stale.age(2);
    taker.rename((rest[0] as (typeof made)[0]).state.slug);
    orphan.employ(crypto.randomUUID());
    for (const person of rest) person.age(3);
    const outcomes = await ends(
      [...rest.slice(0, 10), stale, taker, orphan, ...rest.slice(10)].map((person) =>
        people.update(person),
      ),
    );
    expect(outcomes.slice(10, 13)).toEqual([
      ConcurrentModificationError,
      DuplicateValueError,
      ConstraintViolationError,
    ]);
    expect(tally(outcomes, "fulfilled")).toBe(37);
    expect(rest.map(({ version, pending }) => [version, pending.length])).toEqual(
      times(37, () => [2, 0]),
    );
    // What was refused is still pending, and can be put right.
    expect([taker.version, taker.pending.length]).toEqual([1, 1]);
  });

  it("does not keep others waiting: not for a lock, nor behind one", async () => {
    const [locked, second, ...rest] = await created(42);
    await other.query("begin");
    await other.query("select from people where id = any ($1) for update", [
      [locked?.id, second?.id],
    ]);
    for (const person of [locked, second, ...rest]) person?.age(4);
    // Both lanes are held up before anybody else comes.
    const waiting = ends([locked, second].map((person) => people.update(person as never)));
    const before = performance.now();
    expect(await ends(rest.map((person) => people.update(person)))).toEqual(
      times(40, () => "fulfilled"),
    );
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(await waiting).toEqual([LockTimeoutError, LockTimeoutError]);
  });

  it("is the same for all of a statement when nobody can tell what became of it", async () => {
    const made = await created(20);
    const ids = made.map(({ id }) => id);
    await other.query("begin");
    await other.query("select from people where id = $1 for update", [ids[5]]);
    for (const person of made) person.age(5);
    const calls = ends(made.map((person) => people.update(person)));
    // A statement of several waits for the row, or later one of the row alone.
    for (let gone = 0; gone === 0; ) {
      const { rows } = await other.query(
        // Waits until each is gone, so that none is left in the pool that is about to die.
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
where application_name = 'app' and wait_event_type = 'Lock'`,
      );
      gone = rows.length;
    }
    await other.query("rollback");
    const outcomes = await calls;
    expect(outcomes[5]).toBe(OutcomeUnknownError);
    expect(new Set(outcomes)).toEqual(new Set(["fulfilled", OutcomeUnknownError]));
    const { rows } = await other.query("select id, version from people where id = any ($1)", [ids]);
    const versions = new Map(rows.map(({ id, version }) => [id, version]));
    expect(ids.map((id) => versions.get(id))).toEqual(
      outcomes.map((outcome) => (outcome === "fulfilled" ? 2 : 1)),
    );
  });
});

describe("processes that write the same entities in other orders", () => {
  it("never end in a deadlock, and one of two wins every time", async () => {
    const made = await created(30);
    const there = createRepository(Person, { db: elsewhere, coalesce: { lanes: 2 } });
    for (let round = 0; round < 5; round += 1) {
      const ids = made.map(({ id }) => id);
      const [here, away] = [await people.findAll(ids), await there.findAll(ids)];
      for (const id of ids) {
        here.get(id)?.rename(`here-${round}-${id}`);
        away.get(id)?.rename(`away-${round}-${id}`);
      }
      const outcomes = await Promise.all([
        ends(ids.map((id) => people.update(here.get(id) as never))),
        ends(ids.toReversed().map((id) => there.update(away.get(id) as never))),
      ]);
      const kinds = new Set(outcomes.flat());
      expect(kinds).toEqual(new Set(["fulfilled", ConcurrentModificationError]));
      expect(tally(outcomes.flat(), "fulfilled")).toBe(30);
    }
  });

  it("hand values on from one to the other", async () => {
    const made = await created(20);
    const slugs = made.map(({ state }) => state.slug);
    for (const [at, person] of made.entries()) person.rename(`${slugs[at]}-left`);
    await Promise.all(made.map((person) => people.update(person)));
    // Each takes what its neighbour had, all at once.
    for (const [at, person] of made.entries()) person.rename(slugs[(at + 1) % 20] as string);
    expect(await ends(made.map((person) => people.update(person)))).toEqual(
      times(20, () => "fulfilled"),
    );
  });
});

describe("what is not gathered, or must stay apart", () => {
  it("a call that forgot its transaction is told so, however busy the lanes are", async () => {
    const [person, ...rest] = await created(20);
    for (const each of rest) each.age(6);
    const busy = rest.map((each) => people.update(each));
    await transaction(db, async () => {
      person?.age(7);
      await expect(people.update(person as never)).rejects.toThrow(TransactionNotJoinedError);
      await people.update(person as never, { tx: "none" });
    });
    await Promise.all(busy);
    expect(person?.version).toBe(2);
  });

  it("what takes part in a transaction goes with it", async () => {
    const made = await created(10);
    for (const person of made) person.age(8);
    const alone = made.slice(5).map((person) => people.update(person));
    const failed = transaction(db, async (tx) => {
      for (const person of made.slice(0, 5)) await people.update(person, { tx });
      throw new Error("regret");
    });
    await expect(failed).rejects.toThrow("regret");
    await Promise.all(alone);
    expect(made.map(({ version }) => version)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
  });

  it("a request with a key takes effect once, among all the others", async () => {
    const input = fresh();
    const calls = times(20, () => people.create(input, { idempotencyKey: `k-${input.slug}` }));
    const [made] = await Promise.all([Promise.all(calls), created(20)]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  it("each call keeps its own context and its own hook", async () => {
    const context = defineContext(z.object({ request: z.string() }));
    const told: string[] = [];
    const traced = createRepository(Person, { db, context, coalesce: { lanes: 2 } });
    const made = await Promise.all(
      times(40, (at) =>
        context.withContext({ request: `r${at % 4}` }, () => traced.create(fresh())),
      ),
    );
    const { rows } = await sql<{ id: string; request: string }>`
select id, context ->> 'request' as request from person_events where id = any (${made.map(({ id }) => id)})`.execute(
      db,
    );
    const requests = new Map(rows.map(({ id, request: name }) => [id, name]));
    expect(made.map(({ id }) => requests.get(id))).toEqual(times(40, (at) => `r${at % 4}`));
    const hooked = createRepository(Person, {
      db,
      onAppended: (_, { id }) => void told.push(id),
    });
    const those = await Promise.all(times(20, () => hooked.create(fresh())));
    expect(new Set(told)).toEqual(new Set(those.map(({ id }) => id)));
  });
});
