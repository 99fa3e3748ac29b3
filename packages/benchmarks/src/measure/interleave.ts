/** One way to do what a case measures. */
export interface Variant {
  readonly name: string;
  /** Does it once. Workers run at the same time, each with its own number and its own entities. */
  run(worker: number): Promise<unknown>;
  /** How many operations one run counts for. Default is 1. */
  readonly operationsPerRun?: number;
}

/** What was measured of one variant in one stretch of time. */
export interface Slot {
  readonly operationsPerSecond: number;
  /** What the process's processors did for one operation, all threads and garbage collection included. */
  readonly cpuMicros: number;
  readonly latenciesMs: readonly number[];
}

export interface Schedule {
  /** How many workers run at the same time, each on a connection of its own. */
  readonly connections: number;
  readonly repetitions: number;
  readonly slotMs: number;
}

/**
 * Measures variants in turn: every repetition gives each of them one slot, so that what happens to the
 * machine happens to all.
 *
 * @returns the slots of each variant, by repetition.
 */
export const interleave = async (
  variants: readonly Variant[],
  { connections, repetitions, slotMs }: Schedule,
): Promise<ReadonlyMap<Variant, readonly Slot[]>> => {
  const slots = new Map<Variant, Slot[]>(variants.map((variant) => [variant, []]));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const variant of turn(variants, repetition)) {
      slots.get(variant)?.push(await measure(variant, connections, slotMs));
    }
  }
  return slots;
};

/** How long to run before measuring: code is compiled in steps, the last after thousands of runs. */
export interface WarmUp {
  readonly runs: number;
  readonly maxMs: number;
}

/** Runs the variants without measuring, until code is compiled and statements are planned for good. */
export const warmUp = async (
  variants: readonly Variant[],
  connections: number,
  { runs, maxMs }: WarmUp,
): Promise<void> => {
  for (const variant of variants) {
    const deadline = performance.now() + maxMs;
    let left = runs;
    const work = async (worker: number): Promise<void> => {
      while (left > 0 && performance.now() < deadline) {
        left -= 1;
        await variant.run(worker);
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, worker) => work(worker)));
  }
};

/** Another first variant each time, and every other time backwards: nobody keeps the same neighbour. */
export const turn = <Item>(items: readonly Item[], repetition: number): readonly Item[] => {
  const first = repetition % items.length;
  const rotated = [...items.slice(first), ...items.slice(0, first)];
  return repetition % 2 === 0 ? rotated : rotated.reverse();
};

const measure = async (variant: Variant, connections: number, slotMs: number): Promise<Slot> => {
  const latenciesMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const work = async (worker: number): Promise<void> => {
    let before = performance.now();
    // At least once, also where a busy machine lets a worker begin after its time.
    do {
      await variant.run(worker);
      const after = performance.now();
      latenciesMs.push(after - before);
      before = after;
    } while (before - start < slotMs);
  };
  await Promise.all(Array.from({ length: connections }, (_, worker) => work(worker)));
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  const operations = latenciesMs.length * (variant.operationsPerRun ?? 1);
  return {
    operationsPerSecond: (operations / elapsedMs) * 1_000,
    cpuMicros: (user + system) / operations,
    latenciesMs,
  };
};
