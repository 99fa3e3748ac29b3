import { CommandRejectedError, decide, type EntityOf, LockTimeoutError } from "@annals/core";
import { Random } from "@annals/faults";
import { testDatabase } from "@annals/testing/vitest";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { annalsPool, createRepository, transaction, verify } from "../src/index.ts";
import { migrate } from "./database/open.ts";
import { Doctor, Limit, Wallet } from "./database/wallet.ts";

const CLIENTS = 24;
const TURNS = 40;
const OWNERS = 8;

const { connectionString } = await testDatabase({
  name: "wallets-limits-and-doctors",
  migrate: (url) => migrate(url, [Wallet, Limit, Doctor]),
});
const pool = new pg.Pool({ connectionString, max: CLIENTS });
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
afterAll(() => db.destroy());

const wallets = createRepository(Wallet, { db });
const limits = createRepository(Limit, { db });
const doctors = createRepository(Doctor, { db });

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

/** Two events that change nothing in the end. */
const goAndCome = (one: EntityOf<typeof Doctor>): void => {
  one.goHome();
  one.come();
};

const often = { attempts: 100, pauseMs: 5 };

describe("consistency boundaries at the same time", () => {
  it("two doctors who both want to go home do not both go", async () => {
    const [a, b] = await doctors.createAll([undefined, undefined]);
    if (a === undefined || b === undefined) throw new Error("not created");
    const leave = (who: string, other: string) =>
      decide(
        [doctors.byId(who), doctors.byId(other)],
        (one, colleague) => {
          if (!colleague.state.isOnCall) return "stays";
          one.goHome();
          return "goes";
        },
        often,
      );
    for (let night = 0; night < 30; night += 1) {
      const results = await Promise.all([leave(a.id, b.id), leave(b.id, a.id)]);
      expect(results.map(({ result }) => result).toSorted()).toEqual(["goes", "stays"]);
      const both = await doctors.findAll([a.id, b.id]);
      expect([...both.values()].filter(({ state }) => state.isOnCall)).toHaveLength(1);
      for (const one of both.values()) one.come();
      await doctors.updateAll([...both.values()]);
    }
  });

  it(`${CLIENTS} clients over overlapping entities in any order break no rule, lose nothing and meet no deadlock`, async () => {
    const owners = Array.from({ length: OWNERS }, (_, at) => `owner ${at}`);
    const opened = await wallets.createAll(owners);
    await limits.createAll(owners.map((owner) => ({ owner, amount: 100 })));
    let deposited = 0;
    let refused = 0;

    /** The same places in an order that chance gives, and what stands at them. */
    const overBoth = async (
      random: Random,
      { id, state: { owner } }: EntityOf<typeof Wallet>,
      work: (wallet: EntityOf<typeof Wallet>, limit: EntityOf<typeof Limit>) => void,
    ) => {
      const seen = (wallet: EntityOf<typeof Wallet>, limit: EntityOf<typeof Limit>) => {
        const room = wallet.state.balance + limit.state.amount;
        work(wallet, limit);
        return room;
      };
      const { result: room } =
        below(random, 2) === 0
          ? await decide([wallets.byId(id), limits.byOwner(owner)], seen, often)
          : await decide(
              [limits.byOwner(owner), wallets.byOwner(owner)],
              (limit, wallet) => seen(wallet, limit),
              often,
            );
      // What was stored rests on what was so: a rule that was broken, and be it for a moment, shows here.
      expect(room).toBeGreaterThanOrEqual(0);
    };

    const turn = async (random: Random): Promise<void> => {
      const from = opened[below(random, OWNERS)] as EntityOf<typeof Wallet>;
      const to = opened[below(random, OWNERS)] as EntityOf<typeof Wallet>;
      const amount = 1 + below(random, 60);
      const deed = below(random, 4);
      if (deed === 0) {
        await wallets.transact(from.id, (one) => one.deposit(1), often);
        deposited += 1;
      } else if (deed === 1) {
        await overBoth(random, from, (wallet, limit) =>
          limit.change(below(random, 150), wallet.state.balance),
        );
      } else if (deed === 2) {
        await overBoth(random, from, (wallet, limit) => {
          wallet.withdraw(amount, limit.state.amount);
        });
        deposited -= amount;
      } else {
        // Three entities, of which one is only read, in either direction.
        await decide(
          [wallets.byId(to.id), limits.byOwner(from.state.owner), wallets.byId(from.id)],
          (one, { state }, other) => {
            other.withdraw(amount, state.amount);
            one.deposit(amount);
          },
          often,
        );
      }
    };
    const client = async (_: unknown, at: number): Promise<void> => {
      const random = new Random(7_000 + at);
      for (let taken = 0; taken < TURNS; taken += 1) {
        await turn(random).catch((error: unknown) => {
          expect(error).toBeInstanceOf(CommandRejectedError);
          refused += 1;
        });
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));

    expect(refused).toBeGreaterThan(0);
    let total = 0;
    for (const owner of owners) {
      const wallet = await wallets.findByOwner(owner);
      const limit = await limits.findByOwner(owner);
      expect(wallet.state.balance).toBeGreaterThanOrEqual(-limit.state.amount);
      total += wallet.state.balance;
    }
    expect(total).toBe(deposited);
    for (const definition of [Wallet, Limit]) {
      expect(await verify(db, definition)).toMatchObject({ differing: 0, skipped: 0 });
    }
  });
});

describe("what a consistency boundary holds", () => {
  let ids: readonly [string, string];
  beforeAll(async () => {
    const [a, b] = await doctors.createAll([undefined, undefined]);
    ids = [a?.id ?? "", b?.id ?? ""].toSorted() as unknown as readonly [string, string];
  });

  it("who only reads an entity waits for nobody who does so too", async () => {
    const [a, b] = ids;
    await db.transaction().execute(async (tx) => {
      await sql`select from doctors where id = ${b} for share`.execute(tx);
      await decide([doctors.byId(a), doctors.byId(b)], goAndCome);
    });
  });

  it("who would change what was only read waits for the end", async () => {
    const [a, b] = ids;
    const hasty = createRepository(Doctor, { db, lockTimeoutMs: 50, coalesce: false });
    const change = () => hasty.transact(b, goAndCome, { tx: "none" });
    let held: unknown;
    const watched = createRepository(Doctor, {
      db,
      onAppended: async () => {
        held = await change().catch((error: unknown) => error);
      },
    });
    await decide([watched.byId(a), watched.byId(b)], goAndCome);
    expect(held).toBeInstanceOf(LockTimeoutError);
    await change();
  });

  it("a deadlock with somebody else is decided again", async () => {
    const [a, b] = ids;
    let tries = 0;
    let decided: Promise<unknown> = Promise.resolve();
    await db.transaction().execute(async (tx) => {
      // So that it is never this one that gives way.
      await sql`set local deadlock_timeout = '10min'`.execute(tx);
      await sql`select from doctors where id = ${b} for update`.execute(tx);
      decided = decide([doctors.byId(a), doctors.byId(b)], (one, other) => {
        tries += 1;
        for (const each of [one, other]) goAndCome(each);
      });
      decided.catch(() => {});
      const waiting = async () => {
        const { rows } = await sql`
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
        return rows.length;
      };
      await expect.poll(waiting, { timeout: 30_000 }).toBe(1);
      await sql`select from doctors where id = ${a} for update`.execute(tx);
    });
    await decided;
    expect(tries).toBe(2);
  });

  it("in a transaction that is stricter, it is the whole that runs again", async () => {
    const [a, b] = ids;
    let tries = 0;
    await transaction(
      db,
      async (tx) => {
        tries += 1;
        await decide(
          [doctors.byId(a), doctors.byId(b)],
          async (one) => {
            if (tries === 1) {
              await doctors.transact(b, goAndCome, { tx: "none" });
            }
            goAndCome(one);
          },
          { tx, attempts: 1 },
        );
      },
      { isolationLevel: "repeatable read", retry: true },
    );
    expect(tries).toBe(2);
  });
});
