import type { ConnectedDatabase } from "../connected-database.ts";
import { turn } from "../measure/interleave.ts";
import { median, medianRatio } from "../measure/statistics.ts";
import { followed } from "./followed.ts";
import type { LatencyOptions } from "./latency-options.ts";
import { closedLoad, perSecond } from "./load.ts";
import { everyWay, type SlottedWay, type System } from "./way.ts";
import { openWriters } from "./writers.ts";

/** How many events are appended in a second, and what share that is of what is appended when nobody follows. */
export interface AppendRate {
  readonly system: System;
  /** How it is followed meanwhile; nothing where it is not. */
  readonly way: string | undefined;
  readonly slots: number | undefined;
  readonly eventsPerSecond: number;
  /** The median of the ratios within the repetitions. */
  readonly ofUnfollowed: number;
}

interface Variant {
  readonly system: System;
  readonly followedBy: SlottedWay | undefined;
}

/** Whether consumers cost those who append anything: with each and without, in turn. */
export const measureAppendRates = async (
  database: ConnectedDatabase,
  { slots, writers, forMs, repetitions, withEmmett, onProgress = () => {} }: LatencyOptions,
): Promise<readonly AppendRate[]> => {
  const variants: readonly Variant[] = [
    { system: "annals", followedBy: undefined },
    ...(withEmmett ? [{ system: "emmett", followedBy: undefined } as const] : []),
    ...everyWay(slots, { withEmmett }).map((one) => ({
      system: one.way.system,
      followedBy: one,
    })),
  ];
  const rates = new Map<Variant, number[]>(variants.map((variant) => [variant, []]));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    onProgress(`appending: repetition ${repetition + 1} of ${repetitions}`);
    for (const variant of turn(variants, repetition)) {
      rates.get(variant)?.push(await rateOf(database, variant, writers, forMs));
    }
  }
  const unfollowed = (system: System): readonly number[] => {
    const variant = variants.find((one) => one.system === system && !one.followedBy) as Variant;
    return rates.get(variant) ?? [];
  };
  return [...rates].map(([{ system, followedBy }, found]) => ({
    ...{ system, way: followedBy?.way.name, slots: followedBy?.slots },
    eventsPerSecond: median(found),
    ofUnfollowed: medianRatio(found, unfollowed(system)),
  }));
};

const rateOf = async (
  database: ConnectedDatabase,
  { system, followedBy }: Variant,
  count: number,
  forMs: number,
): Promise<number> => {
  const load = { forMs, pauseMs: 0 };
  if (followedBy !== undefined) {
    const { written } = await followed(database, followedBy, count, (writers) =>
      closedLoad(writers, load),
    );
    return perSecond(written);
  }
  return perSecond(await closedLoad(await openWriters(system, database, count), load));
};
