import { createConsumer } from "@annals/kysely-adapter";
import type { ConnectedDatabase } from "../connected-database.ts";
import { User } from "../entity.ts";
import { note } from "./ledger.ts";
import { type Memory, memoryNow } from "./memory.ts";
import type { SoakEvent } from "./run-of.ts";

/** What tells how a reader reads. */
export interface Reading {
  readonly name: string;
  readonly slots: number;
}

/** One consumer that notes in the ledger what it handles. */
export interface Reader extends Reading {
  /** Where it runs, in words. */
  readonly place: string;
  memory(): Promise<Memory>;
  /** Rejects when it can no longer go on; never resolves before it was stopped. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Follows in this process. `pass` may change what is noted, so that a test can have a consumer that errs. */
export const readHere = async (
  { db }: ConnectedDatabase,
  { name, slots }: Reading,
  pass: (events: readonly SoakEvent[]) => readonly SoakEvent[] = (events) => events,
): Promise<Reader> => {
  const consumer = createConsumer(db.withSchema("guarded"), {
    ...{ name, slots },
    topics: [User],
    onFailure: "stop",
    only: { types: ["UserRegistered", "UserRenamed"] },
    batch: {
      size: 500,
      handle: (events, { tx }) =>
        note(
          tx,
          name,
          pass(
            events.flatMap(({ event, meta: { key: id, sequence } }) =>
              event.type === "UserSuspended" ? [] : [{ id, sequence, number: Number(event.name) }],
            ),
          ),
        ),
    },
  });
  await consumer.catchUp();
  const ending = new AbortController();
  const ended = consumer.run({ signal: ending.signal });
  return {
    ...{ name, slots, ended },
    place: "with the writers",
    memory: async () => memoryNow(),
    stop: async () => {
      ending.abort();
      await ended;
    },
  };
};
