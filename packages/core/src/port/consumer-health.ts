import type { DeadLetterStatus } from "./dead-letters.ts";

/**
 * `idle`: everything that is committed is handled. `behind`: events wait, and it goes on. `stuck`: somebody
 * has to do something. `paused`: somebody paused it.
 */
export type ConsumerCondition = "idle" | "behind" | "stuck" | "paused";

/** How a consumer stands; of its slots, the one that is worst off says so for all. */
export interface ConsumerHealth {
  readonly name: string;
  readonly condition: ConsumerCondition;
  /**
   * Why it is paused, in the words of whoever paused it, or what it is stuck on: `dead-letter` and
   * `unknown-type`, an event that keys wait for; `no-process`, nobody runs it; `open-transaction`, one of
   * `openWriters`; `no-progress`, handlers that take very long, for example. Else `null`.
   */
  readonly because: string | null;
  readonly eventsBehind: number;
  /** Whether `eventsBehind` is estimated, since more events wait than were looked at. */
  readonly isEstimate: boolean;
  /** How long the oldest event has waited that is not handled, by the store's clock; `null` with none. */
  readonly oldestUnhandledMs: number | null;
  /** How many keys wait for a dead letter, or to be tried again. */
  readonly heldKeys: number;
  readonly slots: readonly SlotHealth[];
  /** Open transactions that have written to its topics, the oldest first: newer events wait for them. */
  readonly openWriters: readonly OpenWriter[];
}

export interface SlotHealth {
  readonly slot: number;
  readonly condition: ConsumerCondition;
  readonly because: string | null;
  /** The checkpoint. */
  readonly position: number;
  readonly eventsBehind: number;
  readonly isEstimate: boolean;
  readonly oldestUnhandledMs: number | null;
  /** The run that has it; `null` when nobody has. */
  readonly owner: string | null;
  readonly heldKeys: number;
  /** The first event that it fails on; `null` when there is none. */
  readonly failing: FailingEvent | null;
}

export interface FailingEvent {
  readonly topic: string;
  readonly key: string;
  readonly position: number;
  /** Not kept of an event that its slot was paused for. */
  readonly eventType: string | null;
  readonly status: DeadLetterStatus | "paused";
  readonly attempts: number;
  readonly error: {
    readonly class: string | null;
    readonly code: string | null;
    readonly message: string;
  } | null;
}

export interface OpenWriter {
  /** The session's process on the server; `null` for a prepared transaction. */
  readonly pid: number | null;
  /** The prepared transaction's name. */
  readonly prepared: string | null;
  readonly openForMs: number;
  /** For example `idle in transaction`; `null` for what may not be seen. */
  readonly state: string | null;
  readonly applicationName: string | null;
  /** The sessions that it waits for itself. */
  readonly waitsFor: readonly number[];
}

const WORST: readonly ConsumerCondition[] = ["idle", "behind", "stuck", "paused"];

/** Sums up the slots of one consumer. */
export const summedUp = (
  name: string,
  slots: readonly SlotHealth[],
  openWriters: readonly OpenWriter[],
): ConsumerHealth => {
  const rank = ({ condition }: SlotHealth): number => WORST.indexOf(condition);
  const worst = slots.toSorted((one, other) => rank(other) - rank(one))[0];
  const ages = slots.flatMap(({ oldestUnhandledMs }) => oldestUnhandledMs ?? []);
  return {
    name,
    condition: worst?.condition ?? "idle",
    because: worst?.because ?? null,
    eventsBehind: slots.reduce((sum, slot) => sum + slot.eventsBehind, 0),
    isEstimate: slots.some(({ isEstimate }) => isEstimate),
    oldestUnhandledMs: ages.length === 0 ? null : Math.max(...ages),
    heldKeys: slots.reduce((sum, slot) => sum + slot.heldKeys, 0),
    slots,
    openWriters,
  };
};
