import { HandlerFailedError } from "../errors/consume-errors.ts";
import type { TopicEvent } from "../port/rows.ts";
import { answerOf, type GivenAnswer } from "./answer.ts";
import type { BatchHandler, FollowedEvent } from "./followed-topics.ts";
import { inTime } from "./handler-timeout.ts";
import type { ConsumerEngine } from "./untyped-options.ts";

/** What handlers get beside what the events tell. */
export interface DeliveryMeta<Tx> {
  readonly attempt: number;
  readonly tx: Tx | undefined;
  readonly signal: AbortSignal;
}

export interface Skip {
  readonly event: TopicEvent;
  readonly reason: string;
}

/** How far a delivery has come, also when it fails. */
export class DeliveryProgress {
  /** How many events, from the first, are handled. */
  handled = 0;
  /** The one event that is at work; none where that is not known. */
  at: TopicEvent | undefined;
  readonly skips: Skip[] = [];
}

/** A handler answered that it wants to be called later, or not any more. Never reaches users. */
export class Answered extends Error {
  readonly answer: GivenAnswer;

  constructor(answer: GivenAnswer) {
    super(`A handler answered "${answer.kind}"`);
    this.answer = answer;
  }
}

/**
 * Hands events to the handlers, one after another or all at once. The only place where handlers are called.
 *
 * @throws StoredEventError, HandlerFailedError, Answered
 */
export const deliver = async <Tx>(
  engine: ConsumerEngine,
  events: readonly TopicEvent[],
  delivered: DeliveryMeta<Tx>,
  progress: DeliveryProgress,
): Promise<void> => {
  const { handling, topics } = engine;
  if (handling.kind === "batch") {
    if (events.length > 0) await deliverBatch(engine, handling.handle, events, delivered, progress);
  } else {
    for (const stored of events) {
      progress.at = stored;
      for (const followed of topics.decode(stored)) {
        const { event } = followed;
        const handler = handling.handler(stored.topic, event.type);
        const call = (signal: AbortSignal) => handler?.(event, metaOf(followed, delivered, signal));
        const answer = await called(engine, call, [stored], delivered.signal);
        if (answer === undefined) continue;
        // It is the stored event that is kept as a dead letter, once, with all that it became.
        progress.skips.push({ event: stored, reason: answer.reason });
        break;
      }
      progress.handled += 1;
    }
  }
  progress.at = undefined;
};

const deliverBatch = async <Tx>(
  engine: ConsumerEngine,
  handle: BatchHandler,
  events: readonly TopicEvent[],
  delivered: DeliveryMeta<Tx>,
  progress: DeliveryProgress,
): Promise<void> => {
  const list: FollowedEvent[] = [];
  for (const stored of events) {
    progress.at = stored;
    for (const followed of engine.topics.decode(stored)) list.push(followed);
  }
  progress.at = events.length === 1 ? events[0] : undefined;
  const call = (signal: AbortSignal) => {
    if (list.length === 0) return undefined;
    const all = list.map((followed) => ({
      topic: followed.stored.topic,
      event: followed.event,
      meta: metaOf(followed, delivered, signal),
    }));
    return handle(all, { ...delivered, signal });
  };
  const answer = await called(engine, call, events, delivered.signal);
  for (const event of answer === undefined ? [] : events) {
    progress.skips.push({ event, reason: answer?.reason ?? "" });
  }
  progress.handled = events.length;
};

const metaOf = <Tx>(
  followed: FollowedEvent,
  delivered: DeliveryMeta<Tx>,
  signal: AbortSignal,
): object => {
  const given = signal === delivered.signal ? delivered : { ...delivered, signal };
  return followed.toMeta(followed, given);
};

const called = async (
  { plan, scope, timeoutMs }: ConsumerEngine,
  call: (signal: AbortSignal) => unknown,
  events: readonly TopicEvent[],
  signal: AbortSignal,
): Promise<(GivenAnswer & { kind: "skip" }) | undefined> => {
  let returned: unknown;
  try {
    const bounded = (): unknown =>
      timeoutMs === undefined ? call(signal) : inTime(call, signal, plan.name, timeoutMs);
    returned = await scope(events.at(-1) as TopicEvent, bounded);
  } catch (cause) {
    const [first] = events as readonly [TopicEvent];
    const { topic, id, sequence, position } = first;
    const at = { consumer: plan.name, topic, id, sequence, position, events: events.length };
    throw new HandlerFailedError(at, { cause });
  }
  const answer = answerOf(returned);
  if (answer === undefined || answer.kind === "skip") return answer;
  throw new Answered(answer);
};
