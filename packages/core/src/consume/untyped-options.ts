import type { AnyTopic } from "../define/any-topic.ts";
import type { AnyEntity } from "../define/entity-definition.ts";
import { isEntityPlan } from "../define/entity-plan.ts";
import type { JsonValue } from "../define/json-value.ts";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { type Clock, systemClock } from "../port/clock.ts";
import type { ConsumerPlan, StartPlace } from "../port/consumer-store.ts";
import { isPlace } from "../port/start-place.ts";
import { boundScope } from "../repository/scope.ts";
import type { ConsumerSettings, Delivery, FailurePolicy } from "./consumer-options.ts";
import {
  type BatchHandler,
  type EventHandler,
  FollowedTopics,
  type UntypedHandling,
} from "./followed-topics.ts";
import type { Topics } from "./handler.ts";
import { type HandlerScope, handlerScope } from "./handler-scope.ts";
import type { RetryPlan } from "./retry-delay.ts";

type HandlersByType = Readonly<Record<string, EventHandler>>;

/** Options as they are at run time, where types no longer help. */
export interface UntypedOptions extends Omit<ConsumerSettings<Topics, Delivery>, "only"> {
  readonly only?: {
    readonly types?: readonly string[] | undefined;
    readonly keys?: readonly string[] | undefined;
    readonly scope?: unknown;
  };
  readonly on?: HandlersByType | Readonly<Record<string, HandlersByType>> | undefined;
  readonly onEvent?: EventHandler | undefined;
  readonly batch?:
    | { readonly size?: number; readonly waitMs?: number; readonly handle: BatchHandler }
    | undefined;
}

/** Everything that a run of a consumer goes by: checked, with defaults filled in. */
export interface ConsumerEngine {
  readonly plan: ConsumerPlan;
  readonly topics: FollowedTopics;
  readonly handling: UntypedHandling;
  readonly delivery: Delivery;
  readonly onFailure: FailurePolicy;
  readonly retry: RetryPlan;
  readonly maxHeldKeys: number;
  readonly batchSize: number;
  readonly batchWaitMs: number;
  readonly pollIntervalMs: number;
  readonly leaseMs: number;
  readonly stopTimeoutMs: number;
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
  readonly scope: HandlerScope;
}

const POLICIES: readonly FailurePolicy[] = ["hold", "skip", "pause", "stop"];

/** @throws InvalidDefinitionError */
export const consumerEngine = (options: UntypedOptions): ConsumerEngine => {
  const { name, topics: definitions, only, batch, slots = 1, delivery = "exactly-once" } = options;
  const invalid = (problem: string, hint: string): never => {
    throw new InvalidDefinitionError(name, problem, hint);
  };
  if (!/^[A-Za-z][A-Za-z0-9_.:-]{0,199}$/.test(name)) {
    invalid("the consumer's name is not usable", "Use up to 200 letters, digits and _ . : -");
  }
  if (new Set(definitions.map((one) => one.name)).size !== definitions.length) {
    invalid("it follows one topic twice", "Name each topic once.");
  }
  if (delivery !== "exactly-once" && delivery !== "at-least-once") {
    invalid("delivery is neither of its two values", '"exactly-once" or "at-least-once".');
  }
  const { onFailure = "hold", retry = {} } = options;
  if (!POLICIES.includes(onFailure)) {
    invalid("onFailure is none of its values", `Use one of ${POLICIES.join(", ")}.`);
  }
  const handling = handlingOf(options, invalid);
  const types = only?.types === undefined ? undefined : new Set(only.types);
  for (const type of types ?? []) {
    if (definitions.some(({ events }) => Object.hasOwn(events, type))) continue;
    invalid(`only.types has "${type}", which is no event of its topics`, "Correct its name.");
  }
  const topics = new FollowedTopics(definitions, (topic, type) => {
    if (types !== undefined && !types.has(type)) return false;
    return handling.kind === "batch" || handling.handler(topic, type) !== undefined;
  });
  const whole = wholeNumber(invalid);
  const engine = {
    plan: {
      name,
      topics: topics.topics,
      slots: whole("slots", slots, 1, 1_024, 1),
      handles: topics.handles,
      knows: topics.known,
      keys: only?.keys,
      scope: only?.scope === undefined ? undefined : scopeOfAll(definitions, only.scope, invalid),
      start: startOf(options.start ?? "beginning", name, invalid),
      changesTopics: changesTopics(options.changedTopics ?? "refuse", invalid),
    },
    topics,
    handling,
    delivery,
    onFailure,
    retry: {
      attempts: whole("retry.attempts", retry.attempts ?? 8, 1, 1_000, 8),
      firstMs: whole("retry.firstMs", retry.firstMs ?? 250, 0, 86_400_000, 250),
      maxMs: whole("retry.maxMs", retry.maxMs ?? 60_000, 0, 86_400_000, 60_000),
    },
    maxHeldKeys: whole("maxHeldKeys", options.maxHeldKeys ?? 1_000, 1, 100_000, 1_000),
    batchSize: batch
      ? whole("batch.size", batch.size ?? 500, 1, 10_000, 500)
      : whole("batchSize", options.batchSize ?? 100, 1, 10_000, 100),
    batchWaitMs: whole("batch.waitMs", batch?.waitMs ?? 0, 0, 600_000, 0),
    pollIntervalMs: whole("pollIntervalMs", options.pollIntervalMs ?? 200, 1, 60_000, 200),
    leaseMs: whole("leaseMs", options.leaseMs ?? 10_000, 100, 3_600_000, 10_000),
    stopTimeoutMs: whole("stopTimeoutMs", options.stopTimeoutMs ?? 10_000, 0, 3_600_000, 10_000),
    timeoutMs:
      options.timeoutMs === undefined
        ? undefined
        : whole("timeoutMs", options.timeoutMs, 1, 86_400_000, 30_000),
    clock: options.clock ?? systemClock,
    scope: handlerScope(options),
  };
  return Object.freeze(engine);
};

/** The one scope that all topics are read in. */
const scopeOfAll = (
  definitions: Topics,
  scope: unknown,
  invalid: Invalid,
): readonly JsonValue[] | undefined => {
  const scoped = definitions.filter((one): one is AnyEntity => isEntityPlan(one.plan));
  const [first] = scoped;
  const columns = first?.plan.scope.join();
  const isSame = scoped.every(({ plan }) => plan.scope.join() === columns);
  if (first === undefined || !columns || !isSame || scoped.length < definitions.length) {
    return invalid(
      "only.scope is given, but its topics are not all divided by the same columns",
      "Follow entities with the same scope, or leave only.scope out.",
    );
  }
  return boundScope(first, scope).values;
};

type Invalid = (problem: string, hint: string) => never;

const changesTopics = (changed: string, invalid: Invalid): boolean => {
  if (changed === "refuse" || changed === "from-checkpoint") return changed !== "refuse";
  return invalid("changedTopics is neither of its values", '"refuse" or "from-checkpoint".');
};

const startOf = (start: StartPlace, name: string, invalid: Invalid): StartPlace => {
  if (!isPlace(start)) {
    return invalid(
      "start is no place to start from",
      'Use "beginning", "now", { time }, { position } or { consumer }.',
    );
  }
  const other = (start as { readonly consumer?: string }).consumer;
  return other === name ? invalid("it starts where it is itself", "Name another one.") : start;
};

const wholeNumber =
  (invalid: Invalid) =>
  (option: string, value: number, min: number, max: number, standard: number): number => {
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    const [from, to] = [min, max].map((bound) => bound.toLocaleString("en-US"));
    return invalid(
      `${option} is not a whole number from ${from} to ${to}`,
      `Leave it out for ${standard.toLocaleString("en-US")}.`,
    );
  };

const handlingOf = (options: UntypedOptions, invalid: Invalid): UntypedHandling => {
  const { topics, on, onEvent, batch } = options;
  const given = [on, onEvent, batch].filter((one) => one !== undefined).length;
  if (given !== 1) invalid("it needs one of on, onEvent and batch", "Declare exactly one of them.");
  if (batch !== undefined) return { kind: "batch", handle: batch.handle };
  if (onEvent !== undefined) return { kind: "each", handler: () => onEvent };
  const [only] = topics;
  const byTopic = (topics.length === 1 ? { [only.name]: on } : on) as Readonly<
    Record<string, HandlersByType | undefined>
  >;
  const unknown = Object.keys(byTopic).find((topic) => topics.every(({ name }) => name !== topic));
  if (unknown !== undefined) {
    invalid(
      `"${unknown}" in on is none of its topics`,
      `With several topics, on has a property for each: ${topics.map(({ name }) => name).join(", ")}.`,
    );
  }
  for (const topic of topics) checkTypes(topic, byTopic[topic.name] ?? {}, invalid);
  // Two steps, since a name put together for every event would cost more than both.
  const handlers = new Map(
    topics.map(({ name }) => [name, new Map(Object.entries(byTopic[name] ?? {}))]),
  );
  return { kind: "each", handler: (topic, type) => handlers.get(topic)?.get(type) };
};

const checkTypes = ({ name, events }: AnyTopic, on: HandlersByType, invalid: Invalid): void => {
  const unknown = Object.keys(on).find((type) => !Object.hasOwn(events, type));
  if (unknown === undefined) return;
  const hint = `Its events are ${Object.keys(events).join(", ")}.`;
  invalid(`"${unknown}" is no event of ${name}`, hint);
};
