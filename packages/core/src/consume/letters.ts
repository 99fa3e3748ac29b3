import { findMarks, PERSONAL } from "../define/personal-marks.ts";
import { AnnalsError } from "../errors/annals-error.ts";
import { HandlerFailedError, LeaseOutlivedError } from "../errors/consume-errors.ts";
import { StoredEventError } from "../errors/read-errors.ts";
import type {
  DeadLetterWrite,
  FailureText,
  Hold,
  KeyPlace,
  OpenLetter,
} from "../port/dead-letters.ts";
import type { TopicEvent } from "../port/rows.ts";
import { Answered } from "./deliver.ts";
import { retryDelay } from "./retry-delay.ts";
import type { ConsumerEngine } from "./untyped-options.ts";

const MESSAGE_MAX = 500;

/**
 * What is kept of an error. Of ours, the one that a handler threw; not its words where the event has personal
 * values, which may be among them.
 */
export const failureText = (error: unknown, { body }: TopicEvent): FailureText => {
  const cause = error instanceof HandlerFailedError ? error.cause : error;
  if (!(cause instanceof Error)) return { class: typeof cause, code: null, message: "" };
  const code = (cause as { code?: unknown }).code;
  const isPersonal = findMarks(body, PERSONAL).length > 0;
  return {
    class: cause.name,
    code: typeof code === "string" ? code : null,
    message: isPersonal && !isOurs(cause) ? "" : cause.message.slice(0, MESSAGE_MAX),
  };
};

/** Our own messages hold no values. */
const isOurs = (cause: Error): boolean => cause instanceof AnnalsError;

/**
 * What becomes of an event after another failure. A handler that wants to be called later has not failed;
 * an event that does not fit its definition will not fit it the next time either.
 */
export const letterAfter = (
  { retry }: ConsumerEngine,
  event: TopicEvent,
  error: unknown,
  before: Pick<OpenLetter, "attempts" | "status"> | undefined,
): DeadLetterWrite => {
  const attempts = before?.attempts ?? 0;
  if (error instanceof Answered && error.answer.kind === "later") {
    const retryInMs = error.answer.ms;
    return { event, status: "retrying", attempts, error: null, retryInMs, reason: null };
  }
  const failed = { event, attempts: attempts + 1, error: failureText(error, event), reason: null };
  const isOver =
    failed.attempts >= retry.attempts ||
    error instanceof StoredEventError ||
    error instanceof LeaseOutlivedError ||
    before?.status === "redrive";
  if (isOver) return { ...failed, status: "dead", retryInMs: null };
  return { ...failed, status: "retrying", retryInMs: retryDelay(retry, failed.attempts) };
};

/** The version that an event is stored in. */
export const versionOf = ({ v = 1 }: TopicEvent["body"]): number => Number(v);

/** For an event whose type, or version, no process has known yet. */
export const waitingLetter = (event: TopicEvent): DeadLetterWrite => ({
  event,
  status: "waiting",
  attempts: 0,
  error: null,
  retryInMs: null,
  reason: null,
});

export const discardedLetter = (event: TopicEvent, reason: string): DeadLetterWrite => ({
  event,
  status: "discarded",
  attempts: 0,
  error: null,
  retryInMs: null,
  reason,
});

/** Where the key stands when the event is handled. */
export const placeOf = ({ topic, id, position, sequence }: TopicEvent): KeyPlace => ({
  topic,
  key: id,
  position,
  sequence,
});

/** Where the key stands right before the event. */
export const placeBefore = ({ topic, id, position, sequence }: TopicEvent): KeyPlace => ({
  topic,
  key: id,
  position: position - 1,
  sequence: Math.max(0, sequence - 1),
});

/** The letter as the worker that has just written it knows it. */
export const holdOf = (place: KeyPlace, written: DeadLetterWrite): Hold => {
  const { event, status, attempts, retryInMs } = written;
  const { topic, id, position, sequence, body } = event;
  const [eventType, eventVersion] = [String(body.type), versionOf(body)];
  const letter = { topic, key: id, position, sequence, eventType, eventVersion, status, attempts };
  return { place, letter: { ...letter, dueInMs: retryInMs } };
};
