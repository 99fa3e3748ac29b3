import type {
  ConsumerAdmin,
  ConsumerState,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterStatus,
} from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import {
  type ConsumerRow,
  listConsumers,
  pauseConsumer,
  removeCheckpoints,
  removeConsumer,
  renameConsumer,
  resetConsumer,
  resizeConsumer,
  resumeConsumer,
} from "../statements/control-consumers.ts";
import { decideLetters, type LetterRow, listLetters } from "../statements/decide-letters.ts";
import { consumerHealth } from "./consumer-health.ts";

/** About these, something is still to happen or to be decided. */
const OPEN: readonly DeadLetterStatus[] = ["retrying", "waiting", "dead", "redrive"];

/** What operators see and decide about consumers, on PostgreSQL. */
export const consumerAdmin = <DB>(database: Database<DB>): ConsumerAdmin => {
  const run = async <Row>(text: Statement, parameters: readonly unknown[], call: string) =>
    (await database.run<Row>(text, parameters, "none", ["consumers", call])).rows;

  const decide = async (
    filter: DeadLetterFilter,
    status: string,
    reason: string | null,
  ): Promise<number> =>
    (await run(decideLetters, [...chosen(filter), status, reason], status)).length;

  const didFind = async (text: Statement, parameters: readonly unknown[], call: string) =>
    (await run(text, parameters, call)).length > 0;

  return {
    ...consumerHealth(database),
    list: async () => (await run<ConsumerRow>(listConsumers, [], "list")).map(toConsumerState),
    pause: (consumer, because) => didFind(pauseConsumer, [consumer, because], "pause"),
    resume: (consumer) => didFind(resumeConsumer, [consumer], "resume"),
    reset: (consumer, position) => didFind(resetConsumer, [consumer, position], "reset"),
    resize: (consumer, slots) => didFind(resizeConsumer, [consumer, slots], "resize"),
    rename: (consumer, name) => didFind(renameConsumer, [consumer, name], "rename"),
    remove: (consumer) =>
      transaction(database.db, async (tx) => {
        await database.run(removeCheckpoints, [consumer], tx, ["consumers", "remove"]);
        const { rows } = await database.run(removeConsumer, [consumer], tx, [
          "consumers",
          "remove",
        ]);
        return rows.length > 0;
      }),

    deadLetters: async ({ first = 100, after = 0, ...filter }) => {
      const rows = await run<LetterRow>(listLetters, [...chosen(filter), after, first], "list");
      return rows.map((row) => toDeadLetter(filter.consumer, row));
    },
    redrive: (filter) => decide(filter, "redrive", null),
    discard: ({ reason, ...filter }) => decide(filter, "discarded", reason),
  };
};

const toConsumerState = (row: ConsumerRow): ConsumerState => ({
  name: row.name,
  topics: row.topics,
  pausedBecause: row.paused_because,
  heldKeys: row.held_keys,
  deadLetters: row.dead_letters,
  slots: row.slots.map((slot) => ({ ...slot, position: Number(slot.position) })),
});

const chosen = ({ consumer, status = OPEN, positions, keys }: DeadLetterFilter) => [
  ...[consumer, status],
  ...[positions ?? null, keys ?? null],
];

const toDeadLetter = (consumer: string, row: LetterRow): DeadLetter => ({
  consumer,
  topic: row.topic,
  key: row.key,
  sequence: row.sequence,
  position: Number(row.position),
  eventType: row.event_type,
  status: row.status as DeadLetter["status"],
  attempts: row.attempts,
  error:
    row.error_class === null
      ? null
      : { class: row.error_class, code: row.error_code, message: row.error_message ?? "" },
  firstFailedAt: new Date(row.first_failed_at),
  lastFailedAt: new Date(row.last_failed_at),
  retryAt: row.retry_at === null ? null : new Date(row.retry_at),
  reason: row.reason,
});
