import type { Recording } from "../append/entity-write.ts";
import type { ContextSource } from "../port/context.ts";

/** Asks the clock and the context, where there are any, what to store beside the events of a write. */
export const recordingFrom =
  (clock: (() => Date) | undefined, context: ContextSource | undefined) => (): Recording => ({
    recordedAt: clock?.(),
    context: context?.stored() ?? null,
  });
