import { createConsumer, notifyHints } from "@annals/kysely-adapter";
import pg from "pg";
import type { ConnectedDatabase } from "../connected-database.ts";
import { User } from "../entity.ts";
import { monotonicMs } from "./monotonic-ms.ts";
import type { System } from "./way.ts";

export interface Following {
  readonly system: System;
  readonly consumer: string;
  readonly slots: number;
  readonly hint: boolean;
}

/** Told the name that a user was given, and when its handler began. */
export type OnHandled = (name: string, at: number) => void;

/** Follows users from now on over connections of its own, until what it returns is called. */
export const follow = async (
  { connectionString, db }: ConnectedDatabase,
  { consumer, slots, hint }: Following,
  onHandled: OnHandled,
): Promise<() => Promise<void>> => {
  const following = createConsumer(db.withSchema("guarded"), {
    name: consumer,
    topics: [User],
    start: "now",
    slots,
    on: { UserRenamed: ({ name }) => onHandled(name, monotonicMs()) },
  });
  await following.catchUp();
  const hintPool = new pg.Pool({ connectionString, max: 2 });
  const hints = hint ? notifyHints(db, { pool: hintPool }) : undefined;
  const ending = new AbortController();
  const running = following.run({ signal: ending.signal });
  return async () => {
    ending.abort();
    await running;
    await hints?.close();
    await hintPool.end();
  };
};
