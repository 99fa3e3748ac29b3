import type { Instrument, KeyProvider } from "@annals/core";

/** How a walk over a whole table goes. */
export interface WalkOptions {
  /** How many entities, or events, are read at once: 1 to 10,000. Default is 500. */
  readonly batchSize?: number;
  /** How many batches are worked on at a time: 1 to 32. Default is 4. */
  readonly concurrency?: number;
  /** Who holds the keys of personal values, where the definition has any. */
  readonly keys?: KeyProvider;
  /** Watches the whole walk as one operation. Default is nobody. */
  readonly instrument?: Instrument;
  /** Stops after the batches in hand. */
  readonly signal?: AbortSignal;
  /** Told after each batch: how much is done so far, and about how much there is. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export const BATCH_SIZE = 500;

/** What a table is walked in, and what is made of it. */
export interface Walk<Batch extends { readonly rows: number }, Result> {
  /** About how many rows there are. */
  readonly estimate: number;
  /** The batch after the last one that was given, or nothing at the end. */
  readonly next: () => Promise<Batch | undefined>;
  readonly work: (batch: Batch) => Promise<Result>;
  /** Told of every batch in the order of the table. */
  readonly onDone: (batch: Batch, result: Result) => Promise<void> | void;
}

/** Works on batches, `concurrency` of them at a time, so that memory is bounded by these. */
export const walkBatches = async <Batch extends { readonly rows: number }, Result>(
  { estimate, next, work, onDone }: Walk<Batch, Result>,
  { concurrency = 4, signal, onProgress }: WalkOptions,
): Promise<void> => {
  const inHand: Promise<void>[] = [];
  let done = 0;
  try {
    while (!signal?.aborted) {
      const batch = await next();
      if (batch === undefined) break;
      const previous = inHand.at(-1);
      const current = work(batch);
      inHand.push(
        Promise.all([current, previous]).then(async ([result]) => {
          done += batch.rows;
          await onDone(batch, result);
          onProgress?.({ done, total: Math.max(done, estimate) });
        }),
      );
      if (inHand.length >= concurrency) await inHand.shift();
    }
    while (inHand.length > 0) await inHand.shift();
  } finally {
    await Promise.allSettled(inHand);
  }
};
