import { historyOf } from "../decide/entity-base.ts";
import type { AnyEntity } from "../define/entity-definition.ts";
import { WaitTimeoutError } from "../errors/consume-errors.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { ConsumerAdmin, HandledPlace } from "../port/consumer-admin.ts";
import type { ConsumerHealth } from "../port/consumer-health.ts";
import { PollPace } from "./poll-pace.ts";
import { Signal } from "./signal.ts";

/**
 * What to wait for: an entity as it was written or read, the same by its definition, id and version, or a
 * position, up to which all events of the consumer's topics are handled.
 */
export type WaitTarget =
  | number
  | { readonly id: string; readonly version: number; readonly state: unknown }
  | { readonly entity: AnyEntity; readonly id: string; readonly version: number };

export interface WaitOptions {
  /** Default is 5,000. */
  readonly timeoutMs?: number;
  /** Ends the waiting with the signal's reason. */
  readonly signal?: AbortSignal;
}

type Waiting = Pick<ConsumerAdmin, "hasReached" | "watchProgress" | "health">;

const TIMEOUT_MS = 5_000;
const POLL_FIRST_MS = 2;
const POLL_MAX_MS = 50;

/**
 * Waits until a consumer has handled an entity's events up to its version, or everything up to a position.
 *
 * @throws WaitTimeoutError, which says what the consumer is doing; InvalidArgumentError for a topic that it
 * does not follow.
 */
export const waitForConsumer = async (
  admin: Waiting,
  consumer: string,
  target: WaitTarget,
  { timeoutMs = TIMEOUT_MS, signal }: WaitOptions = {},
): Promise<void> => {
  const place = placeOf(target);
  const until = performance.now() + timeoutMs;
  const pace = new PollPace(POLL_FIRST_MS, POLL_MAX_MS);
  const moved = new Signal();
  const wake = (): void => moved.poke();
  const unwatch = admin.watchProgress(consumer, wake);
  signal?.addEventListener("abort", wake);
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (await admin.hasReached(consumer, place)) return;
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw await timedOut(admin, consumer, place, timeoutMs);
      await moved.wait(Math.min(leftMs, pace.next()));
    }
  } finally {
    unwatch();
    signal?.removeEventListener("abort", wake);
  }
};

const placeOf = (target: WaitTarget): HandledPlace => {
  if (typeof target === "number") {
    if (Number.isSafeInteger(target) && target >= 0) return { kind: "position", position: target };
    throw notAPlace();
  }
  const { id, version } = target;
  const plan = "entity" in target ? target.entity.plan : historyOf(target)?.model.plan;
  if (plan === undefined) throw notAPlace();
  return { kind: "entity", plan, id, version };
};

const notAPlace = (): InvalidArgumentError =>
  new InvalidArgumentError(
    "waitFor",
    "what to wait for is neither an entity nor a position",
    "Pass an entity that a repository returned, { entity: Definition, id, version }, or a position.",
  );

const timedOut = async (
  admin: Waiting,
  consumer: string,
  place: HandledPlace,
  timeoutMs: number,
): Promise<Error> => {
  const [health] = await admin.health(consumer);
  if (health !== undefined && place.kind === "entity") {
    if ((await admin.hasReached(consumer, place)) === undefined) {
      const problem = `it does not follow "${place.plan.name}"`;
      return new InvalidArgumentError(consumer, problem, "Wait for a consumer that follows it.");
    }
  }
  const what =
    place.kind === "position"
      ? `position ${place.position}`
      : `${place.plan.name}/${place.id}/${place.version}`;
  return new WaitTimeoutError({ consumer, what, timeoutMs, doing: health && doing(health) });
};

/** What a consumer is doing, in words. */
const doing = ({ condition, because, slots, eventsBehind, isEstimate }: ConsumerHealth): string => {
  const failing = slots.find((slot) => slot.failing !== null)?.failing;
  const on = failing ? `${failing.topic}/${failing.key} at position ${failing.position}` : "";
  const error = failing?.error ? ` (${failing.error.code ?? failing.error.class ?? "error"})` : "";
  const behind = `${isEstimate ? "about " : ""}${eventsBehind} events behind`;
  if (condition === "paused") return `it is paused: ${because}`;
  if (because === "no-process") return `no process runs it, and it is ${behind}`;
  if (condition === "stuck") return `it is stuck on ${failing ? `${on}${error}` : because}`;
  return failing ? `it is ${behind}, and tries ${on} again${error}` : `it is ${behind}`;
};
