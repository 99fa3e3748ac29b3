import type { Recording } from "../append/entity-write.ts";
import { InvalidArgumentError } from "../errors/read-errors.ts";
import type { Clock } from "../port/clock.ts";
import type { ContextSource } from "../port/context.ts";

/** Where what is stored beside events comes from. */
interface RecordingSources {
  readonly clock?: Clock;
  readonly context?: ContextSource;
}

/** Asks the clock and the context, where there are any, what to store beside the events of a write. */
export const recordingFrom = (
  entity: string,
  { clock, context }: RecordingSources,
): (() => Recording) => {
  const time = (): Date | undefined => {
    const now = clock?.now();
    if (now === undefined || !Number.isNaN(now.getTime())) return now;
    throw new InvalidArgumentError(
      entity,
      "the clock gave a date that is none",
      "Let the clock's now() return a valid Date.",
    );
  };
  return () => ({ recordedAt: time(), context: context?.stored() ?? null });
};
