import type { Consumer } from "@annals/core";
import { createConsumer } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import type { Database } from "./database.ts";
import { User } from "./user.ts";

/**
 * Counts signups per day. What it writes through `tx` commits with its checkpoint, so every event
 * counts once, whatever happens between.
 *
 * Consumers' names belong to the whole database, and the demo's tables to one schema: hence the name.
 */
export const signupsPerDay = (db: Kysely<Database>, schema: string): Consumer =>
  createConsumer(db, {
    name: `${schema}:signups-per-day`,
    topics: [User],
    on: {
      UserRegistered: async (_, { tx, recordedAt }) => {
        await tx
          .insertInto("signups_per_day")
          .values({ day: recordedAt.toISOString().slice(0, 10), signups: 1 })
          .onConflict((conflict) =>
            conflict
              .column("day")
              .doUpdateSet((row) => ({ signups: row("signups_per_day.signups", "+", 1) })),
          )
          .execute();
      },
    },
  });

/** Does some work while the consumer follows. The end or failure of either stops both. */
export const whileFollowing = async <Result>(
  consumer: Consumer,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const [followed, worked] = await Promise.allSettled([
    consumer.run({ signal: both }).finally(() => ended.abort()),
    work(both).finally(() => ended.abort()),
  ]);
  if (followed.status === "rejected") throw followed.reason;
  if (worked.status === "rejected") throw worked.reason;
  return worked.value;
};
