import type { ConsumerStore } from "../port/consumer-store.ts";
import type { Limiter } from "./limiter.ts";
import type { ConsumerEngine } from "./untyped-options.ts";

/** What the workers of one run have in common. */
export interface WorkerParts<Tx> {
  readonly engine: ConsumerEngine;
  readonly store: ConsumerStore<Tx>;
  readonly limiter: Limiter;
  /** Aborted when the run is to end: nothing new is begun. */
  readonly stop: AbortSignal;
  /** Aborted when what is in hand has to be given up as well. */
  readonly giveUp: AbortSignal;
  /** Whether batches that are not full wait for more. */
  readonly waitsForMore: boolean;
  /** Over how many slots the keys are spread. */
  readonly slotCount: () => number;
  /** Called when something was taken or handled, so that more can be read. */
  readonly onProgress: () => void;
  /** Ends the run, because a handler asked for it. */
  readonly onStop: () => void;
}
