import { HandlerFailedError } from "../errors/consume-errors.ts";
import type { SlottedEvent } from "../port/consumer-store.ts";
import type { ConsumerEngine } from "./untyped-options.ts";

/** What handlers get beside what the events tell. */
export interface DeliveryMeta<Tx> {
  readonly attempt: number;
  readonly tx: Tx | undefined;
  readonly signal: AbortSignal;
}

/** An error, and the one event of several that it is about; none when that is not known. */
export interface DeliveryFailure {
  readonly cause: unknown;
  readonly at: SlottedEvent | undefined;
}

/**
 * Hands events to the handlers, one after another or all at once. The only place where handlers are called.
 *
 * @throws StoredEventError, HandlerFailedError
 */
export const deliver = async <Tx>(
  { plan, topics, handling, scope }: ConsumerEngine,
  events: readonly SlottedEvent[],
  delivered: DeliveryMeta<Tx>,
  onHandled: (count: number) => void,
): Promise<void> => {
  if (handling.kind === "batch") {
    if (events.length === 0) return;
    const list = events.flatMap((stored) =>
      topics.decode(stored).map(({ event, meta }) => {
        return { topic: stored.topic, event, meta: { ...meta, ...delivered } };
      }),
    );
    const last = events.at(-1) as SlottedEvent;
    const call = () => scope(last, () => handling.handle(list, { ...delivered }));
    if (list.length > 0) await called(call, plan.name, events);
    onHandled(events.length);
    return;
  }
  for (const [at, stored] of events.entries()) {
    for (const { event, meta } of topics.decode(stored)) {
      const handler = handling.handler(stored.topic, event.type);
      const call = () => handler?.(event, { ...meta, ...delivered });
      await called(() => scope(stored, call), plan.name, [stored]);
    }
    onHandled(at + 1);
  }
};

const called = async (
  call: () => unknown,
  consumer: string,
  events: readonly SlottedEvent[],
): Promise<void> => {
  try {
    await call();
  } catch (cause) {
    const [first] = events as readonly [SlottedEvent];
    const { topic, id, sequence, position } = first;
    const at = { consumer, topic, id, sequence, position, events: events.length };
    throw new HandlerFailedError(at, { cause });
  }
};
