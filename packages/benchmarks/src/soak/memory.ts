import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { median } from "../measure/statistics.ts";

/** What a process has in use, in megabytes. */
export interface Memory {
  /** Of the JavaScript heap, garbage collected before. */
  readonly heapMb: number;
  readonly rssMb: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export const memoryNow = (): Memory => {
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20 };
};

/** How a process's memory stood once everything was warm, and at the end. */
export interface Steadiness {
  /** The median of the second fifth of the samples. */
  readonly earlyMb: number;
  /** The median of the last fifth. */
  readonly lateMb: number;
  readonly isFlat: boolean;
}

/** What may come and go without anything being kept: a tenth, and some megabytes. */
export const HEAP_SLACK_MB = 8;
/** The operating system gets pages back late. */
export const RSS_SLACK_MB = 64;

const FEWEST_SAMPLES = 10;

/** Compares the last fifth with the second; `undefined` where samples are too few to say anything. */
export const steadiness = (samples: readonly number[], slackMb: number): Steadiness | undefined => {
  if (samples.length < FEWEST_SAMPLES) return undefined;
  const fifth = Math.floor(samples.length / 5);
  const earlyMb = median(samples.slice(fifth, 2 * fifth));
  const lateMb = median(samples.slice(-fifth));
  return { earlyMb, lateMb, isFlat: lateMb <= earlyMb * 1.1 + slackMb };
};
