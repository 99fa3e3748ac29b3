import { type EntityOf, StoredEventError } from "@annals/core";
import { type Kysely, sql } from "kysely";
import type { Database, Users } from "./database.ts";
import type { User } from "./user.ts";

/** What the check found. */
export interface CheckResult {
  readonly users: number;
  readonly events: number;
  readonly signups: number;
  /** The first differences as sentences, and how many there are. */
  readonly differences: readonly string[];
  readonly differenceCount: number;
}

const PAGE_SIZE = 500;
const DIFFERENCES_KEPT = 20;

/**
 * Checks everything against the events, a page at a time: each index row against the fold, the number
 * of events against the versions, and the consumer's table against a plain count.
 */
export const check = async (
  db: Kysely<Database>,
  users: Users,
  signal: AbortSignal,
): Promise<CheckResult> => {
  const differences = new Differences();
  let checked = 0;
  for await (const rows of indexRows(db)) {
    signal.throwIfAborted();
    const folded = await foldAll(users, rows, differences);
    for (const row of rows) compareRow(row, folded.get(row.id), differences);
    checked += rows.length;
  }
  const events = await compareCounts(db, differences);
  const signups = await compareSignups(db, differences);
  return {
    users: checked,
    events,
    signups,
    differences: differences.first,
    differenceCount: differences.count,
  };
};

/** Keeps the first differences and counts them all, so that memory stays bounded. */
class Differences {
  count = 0;
  readonly first: string[] = [];

  add(difference: string): void {
    this.count += 1;
    if (this.first.length < DIFFERENCES_KEPT) this.first.push(difference);
  }
}

type IndexRow = Pick<Database["users"], "id" | "email" | "status" | "version">;

/** Every index row by plain SQL: Annals is what is being checked. */
async function* indexRows(db: Kysely<Database>): AsyncGenerator<readonly IndexRow[]> {
  let after: string | undefined;
  do {
    const rows: IndexRow[] = await db
      .selectFrom("users")
      .select(["id", "email", "status", "version"])
      .$if(after !== undefined, (query) => query.where("id", ">", after ?? ""))
      .orderBy("id")
      .limit(PAGE_SIZE)
      .execute();
    if (rows.length > 0) yield rows;
    after = rows.length < PAGE_SIZE ? undefined : rows.at(-1)?.id;
  } while (after !== undefined);
}

type Folded = Map<string, EntityOf<typeof User>>;

/** The users folded from their events; those whose events cannot be read become differences. */
const foldAll = async (
  users: Users,
  rows: readonly IndexRow[],
  differences: Differences,
): Promise<Folded> => {
  try {
    return await users.findAll(rows.map(({ id }) => id));
  } catch (error) {
    if (!(error instanceof StoredEventError)) throw error;
    const [row, ...others] = rows;
    if (row !== undefined && others.length === 0) {
      differences.add(`user ${row.id} (${row.email}): ${error.message}`);
      return new Map();
    }
  }
  // One of them cannot be read: halve until it is alone, so that the others are still checked.
  const half = Math.ceil(rows.length / 2);
  const halves = [rows.slice(0, half), rows.slice(half)];
  const folded: Folded = new Map();
  for (const part of halves) {
    for (const [id, user] of await foldAll(users, part, differences)) folded.set(id, user);
  }
  return folded;
};

const compareRow = (
  row: IndexRow,
  user: EntityOf<typeof User> | undefined,
  differences: Differences,
): void => {
  if (user === undefined) return;
  const expected = {
    email: user.state.email.toLowerCase(),
    status: user.state.status,
    version: user.history.length,
  };
  for (const column of ["email", "status", "version"] as const) {
    if (row[column] === expected[column]) continue;
    differences.add(
      `user ${row.id} (${expected.email}): ${column} is ${JSON.stringify(row[column])} in the ` +
        `index row, ${JSON.stringify(expected[column])} by its events`,
    );
  }
};

const compareCounts = async (db: Kysely<Database>, differences: Differences): Promise<number> => {
  const { events } = await db
    .selectFrom("user_events")
    .select((row) => row.fn.countAll<string>().as("events"))
    .executeTakeFirstOrThrow();
  const { versions } = await db
    .selectFrom("users")
    .select((row) => row.fn.sum<string | null>("version").as("versions"))
    .executeTakeFirstOrThrow();
  const [stored, sum] = [Number(events), Number(versions)];
  if (stored !== sum) differences.add(`${stored} events are stored, but versions add up to ${sum}`);
  return stored;
};

const compareSignups = async (db: Kysely<Database>, differences: Differences): Promise<number> => {
  const counted = await db
    .selectFrom("user_events")
    .select([
      sql<string>`to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD')`.as("day"),
      (row) => row.fn.countAll<string>().as("signups"),
    ])
    .where("event_type", "=", "UserRegistered")
    .groupBy("day")
    .execute();
  const expected = new Map(counted.map(({ day, signups }) => [day, Number(signups)]));
  const actual = new Map((await signupDays(db)).map(({ day, signups }) => [day, signups]));
  for (const day of new Set([...expected.keys(), ...actual.keys()])) {
    const [events, written] = [expected.get(day) ?? 0, actual.get(day) ?? 0];
    if (events === written) continue;
    differences.add(`signups on ${day}: the consumer wrote ${written}, the events say ${events}`);
  }
  return [...actual.values()].reduce((sum, signups) => sum + signups, 0);
};

/** What the consumer has written. */
export const signupDays = (
  db: Kysely<Database>,
): Promise<{ readonly day: string; readonly signups: number }[]> =>
  db
    .selectFrom("signups_per_day")
    .select([sql<string>`to_char(day, 'YYYY-MM-DD')`.as("day"), "signups"])
    .orderBy("day")
    .execute();
