import { ConsumerChangedError } from "@annals/core";
import type { ConsumerStore, TopicEvent, TopicPlan } from "@annals/core/adapter";
import type { Transaction } from "kysely";
import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import type { Database } from "../connection/database.ts";
import { DEFAULT_SCHEMA } from "../connection/schema-name.ts";
import { isTransient } from "../connection/sqlstate.ts";
import { transaction } from "../connection/transaction.ts";
import {
  type CheckpointRow,
  type LockedCheckpointRow,
  lockCheckpoint,
  moveCheckpoint,
  readCheckpoint,
  registerConsumer,
} from "../statements/consumer-checkpoint.ts";
import { type LastPositionRow, lastPosition } from "../statements/last-position.ts";
import { readTopic } from "../statements/read-topic.ts";
import type { TopicRow } from "../statements/topic-columns.ts";
import { type TopicWriterRow, topicWriters } from "../statements/topic-writers.ts";
import { ServerRestartedError } from "./server-restarted-error.ts";
import { SettledPosition } from "./settled-position.ts";

/** Reads topics up to the settled position, and keeps a consumer's checkpoint. */
export const consumerStore = <DB>(
  database: Database<DB>,
  name: string,
  plans: readonly TopicPlan[],
): ConsumerStore<AnnalsTransaction<DB>> => {
  const declared = plans.map((plan) => topicIdentity(database.schema, plan));
  const settled = new SettledPosition(settledLooks(database, name, plans));
  const read = readTopic(database.schema, plans);
  /** The life of the server that the events in hand were read in. */
  let readIn: string | undefined;

  return {
    open: async () => {
      await database.run(registerConsumer, [name, declared], "none", [name, "open"]);
      const { rows } = await database.run<CheckpointRow>(readCheckpoint, [name], "none", [
        name,
        "open",
      ]);
      const [row] = rows;
      if (row === undefined) throw new Error(`Consumer "${name}" has no checkpoint`);
      if (row.topics.join() !== declared.join()) {
        throw new ConsumerChangedError({ consumer: name, registered: row.topics, declared });
      }
      return Number(row.position);
    },

    read: async (after, limit) => {
      const { position, serverStart } = await settled.look();
      readIn = serverStart;
      if (position <= after) return [];
      const parameters = [after, position, limit, serverStart];
      const { rows } = await database.run<TopicRow>(read, parameters, "none", [name, "read"]);
      return rows.map(toTopicEvent);
    },

    advance: (from, to, effects) =>
      transaction(database.db, async (tx) => {
        const position = await lockedCheckpoint(database, name, tx, readIn);
        // Held by another process, which is at work, or moved by it meanwhile.
        if (position === undefined) return from;
        if (position !== from) return position;
        await effects(tx);
        const { rows } = await database.run(moveCheckpoint, [name, from, to], tx, [name, "move"]);
        if (rows.length === 0) throw new Error(`The checkpoint of "${name}" moved under its lock`);
        return to;
      }),

    isTransient: (error) => error instanceof ServerRestartedError || isTransient(error),
  };
};

const settledLooks = <DB>(database: Database<DB>, name: string, plans: readonly TopicPlan[]) => {
  const tables = plans.map(({ eventsTable }) => eventsTable);
  const last = lastPosition(database.schema, tables);
  const writers = topicWriters(database.schema, tables);
  return {
    lastPosition: async () => {
      const { rows } = await database.run<LastPositionRow>(last, [], "none", [name, "read"]);
      const row = rows[0] as LastPositionRow;
      return { last: Number(row.last), used: Number(row.used), serverStart: row.server_start };
    },
    topicWriters: async () => {
      const { rows } = await database.run<TopicWriterRow>(writers, [], "none", [name, "read"]);
      return { writers: rows.map(({ writer }) => writer), serverStart: rows[0]?.server_start };
    },
  };
};

const lockedCheckpoint = async <DB>(
  database: Database<DB>,
  name: string,
  tx: Transaction<DB>,
  readIn: string | undefined,
): Promise<number | undefined> => {
  const { rows } = await database.run<LockedCheckpointRow>(lockCheckpoint, [name], tx, [
    name,
    "lock",
  ]);
  const [row] = rows;
  if (row === undefined) return undefined;
  // Events that a crash took back with their positions must not move the checkpoint past those.
  if (row.server_start !== readIn) throw new ServerRestartedError();
  return Number(row.position);
};

/** Two schemas may have a topic of one name each; a checkpoint in one says nothing of the other. */
const topicIdentity = (schema: string, { name }: TopicPlan): string =>
  schema === DEFAULT_SCHEMA ? name : `${schema}.${name}`;

const toTopicEvent = (row: TopicRow): TopicEvent => ({
  topic: row.topic,
  id: row.id,
  sequence: row.sequence,
  position: Number(row.position),
  recordedAt: new Date(row.recorded_at),
  context: row.context,
  headers: row.headers ?? null,
  body: row.event,
  bytes: row.bytes ? plainBytes(row.bytes) : null,
});

/** Drivers hand on Buffers, which compare and print otherwise. */
const plainBytes = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
