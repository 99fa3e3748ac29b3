import { DuplicateValueError } from "@annals/core";
import pg from "pg";
import { fold } from "../by-hand/fold.ts";
import { aggregatedRead } from "../by-hand/read-statements.ts";
import { appendStatement, createStatement } from "../by-hand/write-statements.ts";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { newId, newName } from "../fresh-values.ts";
import type { Variant } from "../measure/interleave.ts";
import { peersOf } from "../peers/all-peers.ts";
import { type PeerUsers, seedPeer } from "../peers/peer-users.ts";
import { seedUsers } from "../tables.ts";
import type { CaseSource } from "./benchmark-case.ts";

const EVENTS = 10;
/** How many successes one user takes before the next is the hot one, so that no history grows long. */
const SUCCESSES = 50;

/** Handles commands on one user from all connections at once, each again until it comes through. */
const hotCommandCase: CaseSource = {
  name: "command-hot",
  unit: "commands",
  prepare: async (database, { streams }) => {
    const seed = { users: streams, events: EVENTS };
    const seeded = async (label: string) =>
      (await seedUsers(database.pool, "guarded", label, seed)).map(({ id }) => id);
    const floor = hotByHand(database, await seeded("hot-by-hand"));
    const variants: Variant[] = [hotAnnals(database.users, await seeded("hot-annals")), floor];
    for (const peer of await peersOf(database)) {
      const ids = (await seedPeer(peer, newId, seed)).map(({ id }) => id);
      variants.push(hotPeer(peer, ids));
    }
    return { floor, variants };
  },
};

/** Creates a user whose address is taken. */
const conflictCase: CaseSource = {
  name: "create-duplicate",
  unit: "refusals",
  prepare: async (database) => {
    const taken = { email: "taken@example.com", name: "Name" };
    await database.users.create(taken);
    const floor = duplicateByHand(database, taken.email);
    const annals: Variant = {
      name: "annals",
      run: () => expectRefusal(database.users.create(taken), isDuplicate),
    };
    return { floor, variants: [annals, floor] };
  },
};

export const contentionCases: readonly CaseSource[] = [hotCommandCase, conflictCase];

/** Gives everybody the same id, and another one after some successes. */
const hotIds = (ids: readonly string[]) => {
  let successes = 0;
  return {
    current: () => ids[Math.floor(successes / SUCCESSES) % ids.length] as string,
    succeeded: () => {
      successes += 1;
    },
  };
};

const hotAnnals = (users: UserRepository, ids: readonly string[]): Variant => {
  const hot = hotIds(ids);
  return {
    name: "annals",
    run: async () => {
      await untilThrough(async () => {
        const user = await users.findById(hot.current());
        user.rename(newName());
        await users.update(user);
      });
      hot.succeeded();
    },
  };
};

const hotByHand = ({ pool }: BenchmarkDatabase, ids: readonly string[]): Variant => {
  const read = aggregatedRead("id");
  const append = appendStatement("guarded");
  const hot = hotIds(ids);
  const attempt = async (): Promise<boolean> => {
    const { rows } = await pool.query({ ...read, values: [hot.current()] });
    const { id, version, events } = rows[0];
    const event = JSON.stringify({ type: "UserRenamed", name: newName() });
    const values = [id, version, fold(events).email, "active", event];
    return (await pool.query({ ...append, values })).rowCount === 1;
  };
  return {
    name: "by hand, 2 statements",
    run: async () => {
      while (!(await attempt()));
      hot.succeeded();
    },
  };
};

const hotPeer = (peer: PeerUsers, ids: readonly string[]): Variant => {
  const hot = hotIds(ids);
  return {
    name: peer.name,
    run: async () => {
      await untilThrough(() => peer.rename(hot.current(), newName()));
      hot.succeeded();
    },
  };
};

const ATTEMPTS_MAX = 1_000;

/** Every library has an error of its own for a conflict; all are repeated at once, as by hand. */
const untilThrough = async (attempt: () => Promise<void>): Promise<void> => {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count === ATTEMPTS_MAX) throw error;
    }
  }
};

const duplicateByHand = ({ pool }: BenchmarkDatabase, email: string): Variant => {
  const statement = createStatement("guarded");
  const event = JSON.stringify({ type: "UserRegistered", email, name: "Name" });
  const isViolation = (error: unknown): boolean =>
    error instanceof pg.DatabaseError && error.code === "23505";
  return {
    name: "by hand, one statement",
    run: () => {
      const values = [newId(), email, "active", event];
      return expectRefusal(pool.query({ ...statement, values }), isViolation);
    },
  };
};

const isDuplicate = (error: unknown): boolean => error instanceof DuplicateValueError;

const expectRefusal = async (
  refused: Promise<unknown>,
  isExpected: (error: unknown) => boolean,
): Promise<void> => {
  const error = await refused.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!isExpected(error))
    throw new Error("A refusal of the benchmark did not come", { cause: error });
};
