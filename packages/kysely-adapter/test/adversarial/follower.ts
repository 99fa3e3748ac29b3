import type { EventMeta } from "@annals/core";
import type { Kysely, Transaction } from "kysely";
import { isTransient } from "../../src/connection/sqlstate.ts";
import { createConsumer } from "../../src/index.ts";
import { Account, Order, type Tables, type Topic } from "./entities.ts";
import type { TopicReader } from "./topic-reader.ts";

/** One call of a handler, as the process remembers it: also those whose batch was rolled back. */
export interface Handled {
  readonly entity: string;
  readonly sequence: number;
  readonly position: number;
}

/** Something that follows a topic and writes down what it was given, exactly once if it is right. */
export interface Follower {
  readonly name: string;
  readonly topic: Topic;
  readonly handled: readonly Handled[];
  /** Delivers everything that its reader takes for settled, and returns. */
  catchUp(): Promise<void>;
  follow(signal: AbortSignal): Promise<void>;
}

export interface FollowerOptions {
  readonly name: string;
  readonly topic: Topic;
  readonly batchSize: number;
}

type Meta = Pick<
  EventMeta<typeof Account, Transaction<Tables>>,
  "entityId" | "sequence" | "position" | "tx"
>;

/** Follows with the real consumer, through nothing but its public face. */
export const consumerFollower = (db: Kysely<Tables>, options: FollowerOptions): Follower => {
  const { name, topic, batchSize } = options;
  const handled: Handled[] = [];
  const record = async (_: object, { entityId, sequence, position, tx }: Meta): Promise<void> => {
    const entity = String(entityId);
    handled.push({ entity, sequence, position });
    await tx
      .insertInto("deliveries")
      .values({ consumer: name, entity, sequence, position })
      .execute();
  };
  const settings = { name, batchSize, pollIntervalMs: 20 };
  const consumer =
    topic === "account"
      ? createConsumer(db, {
          ...settings,
          topics: [Account],
          on: { AccountOpened: record, Deposited: record, HandleChanged: record },
        })
      : createConsumer(db, {
          ...settings,
          topics: [Order],
          on: { OrderPlaced: record, LineAdded: record },
        });
  return {
    name,
    topic,
    handled,
    catchUp: async () => {
      await consumer.catchUp();
    },
    follow: (signal) => consumer.run({ signal }),
  };
};

/** Follows with another reader, which is how the harness shows that it would notice a wrong one. */
export const readerFollower = (
  db: Kysely<Tables>,
  reader: TopicReader,
  { name, topic, batchSize }: FollowerOptions,
): Follower => {
  const handled: Handled[] = [];
  const step = async (): Promise<boolean> => {
    const events = await reader.next(batchSize);
    if (events.length === 0) return false;
    handled.push(...events);
    await db
      .insertInto("deliveries")
      .values(events.map((event) => ({ consumer: name, ...event })))
      .execute();
    return true;
  };
  const catchUp = async (signal?: AbortSignal): Promise<void> => {
    while (signal?.aborted !== true && (await step()));
  };
  return {
    name,
    topic,
    handled,
    catchUp,
    follow: async (signal) => {
      while (!signal.aborted) {
        await catchUp(signal).catch((error: unknown) => {
          // It outlives a crash, as the consumer does.
          if (!isTransient(error)) throw error;
        });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
};
