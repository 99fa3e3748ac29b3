import type { Recording } from "../append/entity-write.ts";
import type { JsonObject } from "../define/json-value.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Clock } from "../port/clock.ts";
import type { ContextSource } from "../port/context.ts";
import type { Instrument } from "../port/instrument.ts";
import type { Join } from "../port/store.ts";
import { scopeOf } from "../transaction/transaction-scope.ts";

/** Where what is stored beside events comes from. */
interface RecordingSources {
  readonly clock?: Clock;
  readonly context?: ContextSource;
  readonly instrument?: Instrument;
}

/**
 * Asks the clock, the context and the trace, where there are any, what to store beside so many events of
 * one entity.
 */
export const recordingFrom = (
  entity: string,
  { clock, context, instrument }: RecordingSources,
): ((events: number) => Recording) => {
  const time = (): Date | undefined => {
    const now = clock?.now();
    if (now === undefined || !Number.isNaN(now.getTime())) return now;
    throw new InvalidArgumentError(
      entity,
      "the clock gave a date that is none",
      "Let the clock's now() return a valid Date.",
    );
  };
  const trace = (stored: JsonObject | null): JsonObject | null => {
    const traceparent = instrument?.traceparent();
    return traceparent === undefined ? stored : { ...stored, traceparent };
  };
  return (events) => {
    instrument?.writes(events);
    return { recordedAt: time(), context: trace(context?.stored() ?? null) };
  };
};

/** A transaction that was given a clock has one time for all that is written in it. */
export const recordingIn = <Tx>(tx: Join<Tx>): Pick<Recording, "recordedAt"> | undefined => {
  const recordedAt = typeof tx === "object" && tx !== null ? scopeOf(tx)?.recordedAt : undefined;
  return recordedAt && { recordedAt };
};
