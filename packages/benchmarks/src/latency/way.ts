/** Whose store is written to and followed. */
export type System = "annals" | "emmett";

/** How events come from those who append to the one who handles them. */
export interface Way {
  readonly name: string;
  readonly system: System;
  /** Whether it follows in the process that appends; otherwise in a thread that shares nothing with it. */
  readonly isInProcess: boolean;
  readonly hint: boolean;
}

const IN_PROCESS = way("in process", { isInProcess: true });
export const BY_POLLING = way("by polling", {});
const WITH_HINT = way("with the hint", { hint: true });

/** The ways of Annals. */
export const OUR_WAYS: readonly Way[] = [IN_PROCESS, BY_POLLING, WITH_HINT];

/** Emmett's consumer, which polls and knows nothing else. */
export const EMMETT = way("emmett", { system: "emmett" });

/** A way over so many slots. */
export interface SlottedWay {
  readonly way: Way;
  readonly slots: number;
}

/** Ours over each number of slots, and Emmett once: it has no slots. */
export const everyWay = (
  slots: readonly number[],
  { ways = OUR_WAYS, withEmmett }: { readonly ways?: readonly Way[]; readonly withEmmett: boolean },
): readonly SlottedWay[] => [
  ...slots.flatMap((count) => ways.map((one) => ({ way: one, slots: count }))),
  ...(withEmmett ? [{ way: EMMETT, slots: 1 }] : []),
];

function way(name: string, rest: Partial<Omit<Way, "name">>): Way {
  return { name, system: "annals", isInProcess: false, hint: false, ...rest };
}
