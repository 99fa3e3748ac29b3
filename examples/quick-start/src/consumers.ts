import { retryLater, skipEvent } from "@annals/core";
import { consumers, createConsumer, replay } from "@annals/kysely-adapter";
import { type Kysely, sql } from "kysely";
import type { Database } from "./database.ts";
import { Order } from "./order.ts";
import { User } from "./user.ts";

/** Something outside this database. */
export interface Mail {
  readonly send: (to: string, subject: string, signal: AbortSignal) => Promise<void>;
}

// #region topics
/** Two topics in one order, each with its own handlers. What has no handler is not even read. */
export const activity = (db: Kysely<Database>, note: (line: string) => void) =>
  createConsumer(db, {
    name: "activity",
    topics: [User, Order],
    on: {
      user: { UserRegistered: ({ name }) => note(`${name} registered`) },
      order: { OrderPlaced: (_, { entityId }) => note(`order ${entityId} placed`) },
    },
  });
// #endregion

// #region batch
/** Many events at a time: one statement for up to 500 of them, exactly once. */
export const signupsByDay = (db: Kysely<Database>) =>
  createConsumer(db, {
    name: "signups-by-day",
    topics: [User],
    only: { types: ["UserRegistered"] },
    batch: {
      size: 500,
      handle: async (events, { tx }) => {
        const days = events.map(({ meta }) => meta.recordedAt.toISOString().slice(0, 10));
        await sql`insert into signups (day, count)
          select day, count(*) from unnest(${days}::text[]) day group by day
          on conflict (day) do update set count = signups.count + excluded.count`.execute(tx);
      },
    },
  });
// #endregion

// #region outside
/** Effects elsewhere: no transaction is open meanwhile, four entities at a time are mailed to. */
export const welcome = (db: Kysely<Database>, mail: Mail) =>
  createConsumer(db, {
    name: "welcome-mail",
    topics: [User],
    delivery: "at-least-once",
    slots: 4,
    on: {
      UserRegistered: ({ email }, { signal }) => mail.send(email, "Welcome", signal),
    },
  });
// #endregion

// #region answers
/** What a handler may answer instead of throwing. */
export const newsletter = (db: Kysely<Database>, mail: Mail, isOpen: () => boolean) =>
  createConsumer(db, {
    name: "newsletter",
    topics: [User],
    delivery: "at-least-once",
    onFailure: "hold", // the default; or "skip", "pause", "stop"
    retry: { attempts: 10, firstMs: 500, maxMs: 300_000 },
    on: {
      UserRegistered: ({ email }, { signal }) => {
        if (email.endsWith("@example.org")) return skipEvent("a test account");
        if (!isOpen()) return retryLater(60_000);
        return mail.send(email, "News", signal);
      },
    },
  });
// #endregion

// #region redrive
/** What an operator does about it. */
export const afterTheFix = async (db: Kysely<Database>) => {
  const admin = consumers(db);
  const letters = await admin.deadLetters({ consumer: "newsletter" });
  const keys = letters.filter(({ error }) => error?.code === "ETIMEDOUT").map(({ key }) => key);
  await admin.redrive({ consumer: "newsletter", keys });
  await admin.discard({ consumer: "newsletter", status: ["dead"], reason: "no such address" });
};
// #endregion

// #region start
/** A new consumer that has nothing to do with what was recorded before it was there. */
export const alerts = (db: Kysely<Database>, alert: (id: string) => void) =>
  createConsumer(db, {
    name: "alerts",
    topics: [User],
    start: "now", // or { time }, { position }, { consumer: "another one" }; default "beginning"
    timeoutMs: 5_000,
    on: { UserSuspended: (_, { entityId }) => alert(entityId) },
  });
// #endregion

// #region replay
/** The events of one day once more, for a report, while consumers go on. */
export const signupsBetween = async (db: Kysely<Database>, from: Date, to: Date) => {
  const names: string[] = [];
  await replay(db, {
    topics: [User],
    from: { time: from },
    to: { time: to },
    on: { UserRegistered: ({ name }) => void names.push(name) },
  });
  return names;
};
// #endregion
