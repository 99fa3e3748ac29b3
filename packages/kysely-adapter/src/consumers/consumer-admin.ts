import { ConsumerStartError } from "@annals/core";
import type {
  ConsumerAdmin,
  ConsumerState,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterStatus,
  StartPlace,
} from "@annals/core/adapter";
import { isPlace } from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import { SQLSTATE, sqlstateOf } from "../connection/sqlstate.ts";
import type { Statement } from "../connection/statement.ts";
import { type RegistrationRow, readRegistration } from "../statements/consumer-registration.ts";
import {
  type ConsumerRow,
  type DoneRow,
  listConsumers,
  pauseConsumer,
  type ResetRow,
  removeConsumer,
  renameConsumer,
  resetConsumer,
  resetConsumerToTime,
  resizeConsumer,
  resumeConsumer,
} from "../statements/control-consumers.ts";
import { decideLetters, type LetterRow, listLetters } from "../statements/decide-letters.ts";
import { type ConsumerPlaceRow, consumerPlace } from "../statements/start-position.ts";
import { consumerHealth } from "./consumer-health.ts";

const ATTEMPTS = 5;
/** A reset to now or to a time waits for open writers this often, for so long. */
const WAITS = 20;
const WAIT_MS = 500;

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

  /** Who meets a handler's transaction in another order of locks loses, and tries again. */
  const isDone = async (text: Statement, parameters: readonly unknown[], call: string) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await run<DoneRow>(text, parameters, call))[0]?.done === true;
      } catch (error) {
        if (sqlstateOf(error) === SQLSTATE.refusedControl)
          throw refused(parameters, error as Error);
        if (sqlstateOf(error) !== SQLSTATE.deadlock || attempt === ATTEMPTS) throw error;
      }
    }
  };

  /** @returns the position of a place, and whether there is such a consumer. */
  const resetTo = async (consumer: string, to: StartPlace): Promise<boolean> => {
    if (to === "beginning") return isDone(resetConsumer, [consumer, 0], "reset");
    if (typeof to === "object" && "position" in to) {
      return isDone(resetConsumer, [consumer, to.position], "reset");
    }
    if (typeof to === "object" && "consumer" in to) {
      const [other] = await run<ConsumerPlaceRow>(consumerPlace, [to.consumer], "reset");
      if (other?.position == null) throw noConsumer(consumer, to.consumer);
      return isDone(resetConsumer, [consumer, other.position], "reset");
    }
    const [there] = await run<RegistrationRow>(readRegistration, [consumer], "reset");
    if (there === undefined) return false;
    if (there.tables.length === 0) throw neverRun(consumer);
    const since = to === "now" ? null : to.time.toISOString();
    for (let waits = 0; waits < WAITS; waits += 1) {
      const parameters = [consumer, since, WAIT_MS];
      const [row] = await run<ResetRow>(resetConsumerToTime, parameters, "reset");
      if (row?.reset_to != null) return true;
    }
    throw notSettled(consumer);
  };

  return {
    ...consumerHealth(database),
    list: async () => (await run<ConsumerRow>(listConsumers, [], "list")).map(toConsumerState),
    pause: (consumer, because) => isDone(pauseConsumer, [consumer, because], "pause"),
    resume: (consumer) => isDone(resumeConsumer, [consumer], "resume"),
    reset: (consumer, to) => {
      const place = typeof to === "number" ? { position: to } : to;
      if (isPlace(place)) return resetTo(consumer, place);
      return Promise.reject(noPlace(consumer));
    },
    resize: (consumer, slots) => isDone(resizeConsumer, [consumer, slots], "resize"),
    rename: (consumer, name) => isDone(renameConsumer, [consumer, name], "rename"),
    remove: (consumer) => isDone(removeConsumer, [consumer], "remove"),

    deadLetters: async ({ first = 100, after = 0, ...filter }) => {
      const rows = await run<LetterRow>(listLetters, [...chosen(filter), after, first], "list");
      return rows.map((row) => toDeadLetter(filter.consumer, row));
    },
    redrive: (filter) => decide(filter, "redrive", null),
    discard: ({ reason, ...filter }) => decide(filter, "discarded", reason),
  };
};

const startError = (consumer: string, problem: string, hint: string): ConsumerStartError =>
  new ConsumerStartError({ consumer, problem, hint });

const noPlace = (consumer: string): ConsumerStartError =>
  startError(
    consumer,
    "it cannot be set to what was given",
    'Use a position, "beginning", "now", { time }, { position } or { consumer }.',
  );

const noConsumer = (consumer: string, other: string): ConsumerStartError =>
  startError(consumer, `there is no consumer "${other}"`, "Correct its name.");

const neverRun = (consumer: string): ConsumerStartError =>
  startError(
    consumer,
    "it has not been run since it is known where its topics are",
    "Run it once, or reset it to a position.",
  );

const notSettled = (consumer: string): ConsumerStartError =>
  startError(
    consumer,
    "a transaction that has appended to its topics stays open",
    "Wait until it has ended. Nothing was changed.",
  );

/** The database's own refusal, as an error of ours. */
const refused = ([consumer]: readonly unknown[], error: Error): ConsumerStartError =>
  startError(
    String(consumer),
    error.message,
    String((error as { hint?: unknown }).hint ?? "See annals.consumers."),
  );

const toConsumerState = (row: ConsumerRow): ConsumerState => ({
  name: row.name,
  topics: row.topics,
  pausedBecause: row.paused_because,
  heldKeys: row.held_keys,
  deadLetters: row.dead_letters,
  waitingEvents: row.waiting_events,
  processes: row.processes,
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
