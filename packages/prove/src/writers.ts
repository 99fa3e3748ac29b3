import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "@annals/faults";
import {
  type EventId,
  type StreamAtVersion,
  type Streams,
  VersionConflict,
  type Writer,
} from "./driver.ts";
import type { Append, History } from "./history.ts";

/** How many events are still to be committed. */
export interface Budget {
  left: number;
  /** When it last became less, in milliseconds since the epoch. */
  movedAt: number;
}

/** For how long writers try in vain: a store may not get over what was done to it. */
const STANDSTILL_MS = 20_000;

export const stoodStill = ({ left, movedAt }: Budget): boolean =>
  left > 0 && Date.now() - movedAt > STANDSTILL_MS;

export interface Desk {
  readonly writer: Writer;
  readonly random: Random;
  readonly history: History;
  readonly streams: HotStreams;
  readonly budget: Budget;
}

/** The few streams that all writers write to, so that they meet. A long one gives way to a new one. */
export class HotStreams {
  readonly #names: string[];

  constructor(count: number) {
    this.#names = Array.from({ length: count }, () => randomUUID());
  }

  pick(random: Random): string {
    return random.pick(this.#names);
  }

  /** Retires a stream that has become long, since reading it would be most of the work. */
  seen(name: string, { ids }: StreamAtVersion): void {
    const at = this.#names.indexOf(name);
    if (ids.length > 40 && at !== -1) this.#names[at] = randomUUID();
  }
}

/** Writes until the budget is spent or nothing works any more, one random action after another. */
export const write = async (desk: Desk): Promise<void> => {
  while (desk.budget.left > 0 && !stoodStill(desk.budget)) {
    const action = desk.random.weighted(desk.writer.transaction ? withTransactions : plain);
    await action(desk).catch(async (error: unknown) => {
      if (error instanceof VersionConflict || error instanceof Regret) return;
      // A connection broke, or the server is not there.
      await sleep(desk.random.between(5, 50));
    });
  }
};

type Action = (desk: Desk) => Promise<void>;

/** Why a transaction of a writer's is rolled back on purpose. */
class Regret extends Error {}

/** Reads a stream, decides on it and appends, and notes how that ended. */
const append = async (desk: Desk, streams: Streams, name: string): Promise<Append> => {
  const stream = await streams.read(name);
  desk.streams.seen(name, stream);
  return decided(desk, name, stream);
};

/** What was decided on a stream comes off the budget when it is certain. */
const settle = ({ budget }: Desk, appends: readonly Append[]): void => {
  for (const { ids, outcome } of appends) {
    if (outcome !== "committed") continue;
    budget.left -= ids.length;
    budget.movedAt = Date.now();
  }
};

const decided = async (
  { history, random }: Desk,
  name: string,
  stream: StreamAtVersion,
): Promise<Append> => {
  const ids = history.newIds(random.weighted(EVENTS));
  const noted = history.begin(name, stream.ids, ids);
  try {
    await stream.append(ids);
    noted.outcome = "committed";
    return noted;
  } catch (error) {
    if (error instanceof VersionConflict) noted.outcome = "refused";
    throw error;
  }
};

/** Appends one event to a stream that nobody else writes to. */
export const appendOne = async (
  streams: Streams,
  history: History,
  name: string,
): Promise<EventId> => {
  const stream = await streams.read(name);
  const [id = 0] = history.newIds(1);
  const noted = history.begin(name, stream.ids, [id]);
  await stream.append([id]);
  noted.outcome = "committed";
  return id;
};

/** How many events an append has. */
const EVENTS = [
  [7, 1],
  [2, 2],
  [1, 3],
] as const;

const alone: Action = async (desk) => {
  settle(desk, [await append(desk, desk.writer, desk.streams.pick(desk.random))]);
};

/** Two that decide on the same version: one has to lose. */
const rivals: Action = async (desk) => {
  const name = desk.streams.pick(desk.random);
  const [one, other] = await Promise.all([desk.writer.read(name), desk.writer.read(name)]);
  await Promise.allSettled(
    [one, other].map(async (stream) => settle(desk, [await decided(desk, name, stream)])),
  );
};

/**
 * One or two appends in a transaction, which may have an id before it has a position, may come late to its
 * commit, and may never come to it.
 */
const together: Action = async (desk) => {
  const { writer, random, streams } = desk;
  const noted: Append[] = [];
  const isEarly = random.chance(0.5);
  const isRegretted = random.chance(0.15);
  const lateMs = random.weighted([
    [50, 0],
    [40, random.between(1, 60)],
    [1, random.between(500, 1_500)],
  ]);
  let outcome: Append["outcome"] = "unknown";
  try {
    await writer.transaction?.(async (tx) => {
      if (isEarly) await tx.writeElsewhere();
      for (let nth = random.between(1, 2); nth > 0; nth -= 1) {
        noted.push(await append(desk, tx, streams.pick(random)));
      }
      await sleep(lateMs);
      if (isRegretted) throw new Regret();
    });
    outcome = "committed";
  } catch (error) {
    if (error instanceof Regret || error instanceof VersionConflict) outcome = "rolledBack";
    throw error;
  } finally {
    // Only the end of the transaction tells.
    for (const each of noted) each.outcome = outcome;
    settle(desk, noted);
  }
};

const plain: readonly (readonly [weight: number, action: Action])[] = [
  [12, alone],
  [1, rivals],
];

const withTransactions: typeof plain = [...plain, [4, together]];
