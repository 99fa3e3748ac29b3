import { HookFailedError, TooManyHookRoundsError } from "../errors/transaction-errors.ts";
import type { AnyCommitHook, CommitHook, NotCommitted } from "./commit-hook.ts";

/** One hook that waits for the end of its transaction. */
interface Entry<Tx> {
  readonly hook: CommitHook<unknown, Tx>;
  data: unknown;
}

/** Takes errors of hooks that can change nothing any more. */
export type ReportHookError = (error: HookFailedError) => void;

/** How often hooks before the commit may add hooks that run before it as well. */
const ROUNDS_MAX = 8;

/** The hooks of one transaction, or of one savepoint in it, in the order of their registration. */
export class HookList<Tx> {
  readonly #entries: Entry<Tx>[] = [];
  /** Those that are still to run before the commit: in this round, and in the next. */
  #round: Entry<Tx>[] = [];
  #waiting: Entry<Tx>[] = [];
  /** Those that ran before the commit, in the order in which they did. */
  readonly #ran: Entry<Tx>[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add<Data>(hook: CommitHook<Data, Tx>, data: Data): void {
    this.#add({ hook: hook as CommitHook<unknown, Tx>, data });
  }

  /** Takes over the hooks of a savepoint that was kept. */
  absorb(inner: HookList<Tx>): void {
    for (const entry of inner.#entries) this.#add(entry);
  }

  #add(entry: Entry<Tx>): void {
    const { merge } = entry.hook;
    const known = merge && [...this.#round, ...this.#waiting].find(isOfKind(entry.hook));
    if (merge && known) {
      known.data = merge(known.data, entry.data);
      return;
    }
    this.#entries.push(entry);
    this.#waiting.push(entry);
  }

  /** @throws TooManyHookRoundsError, and whatever a hook throws. */
  async beforeCommit(tx: Tx): Promise<void> {
    for (let round = 1; this.#waiting.length > 0; round += 1) {
      if (round > ROUNDS_MAX) throw new TooManyHookRoundsError(ROUNDS_MAX);
      this.#round = inOrder(this.#waiting);
      this.#waiting = [];
      for (let entry = this.#round.shift(); entry; entry = this.#round.shift()) {
        this.#ran.push(entry);
        await entry.hook.beforeCommit?.(entry.data, tx);
      }
    }
  }

  async afterCommit(report: ReportHookError): Promise<void> {
    for (const { hook, data } of this.#ran) {
      await reported("afterCommit", () => hook.afterCommit?.(data), report);
    }
  }

  async onRollback(end: NotCommitted, report: ReportHookError): Promise<void> {
    for (const { hook, data } of this.#entries.toReversed()) {
      await reported("onRollback", () => hook.onRollback?.(data, end), report);
    }
  }
}

const isOfKind =
  (hook: AnyCommitHook) =>
  (entry: Entry<never>): boolean =>
    entry.hook === hook;

/** The order of registration, in which a kind waits for those that it runs after. */
const inOrder = <Tx>(entries: readonly Entry<Tx>[]): Entry<Tx>[] => {
  const remaining = entries.map((entry) => ({ entry, earlier: kindsBefore(entry.hook) }));
  const isFree = ({ earlier }: (typeof remaining)[number]): boolean =>
    earlier.size === 0 || !remaining.some(({ entry: { hook } }) => earlier.has(hook));
  const ordered: Entry<Tx>[] = [];
  while (remaining.length > 0) {
    const [next] = remaining.splice(Math.max(0, remaining.findIndex(isFree)), 1);
    if (next) ordered.push(next.entry);
  }
  return ordered;
};

/** The kinds that run before this one, also through kinds that nothing was added for. */
const kindsBefore = (
  hook: AnyCommitHook,
  found = new Set<AnyCommitHook>(),
): ReadonlySet<AnyCommitHook> => {
  for (const earlier of hook.runsAfter ?? []) {
    if (found.has(earlier)) continue;
    found.add(earlier);
    kindsBefore(earlier, found);
  }
  return found;
};

const reported = async (
  phase: HookFailedError["phase"],
  run: () => unknown,
  report: ReportHookError,
): Promise<void> => {
  try {
    await run();
  } catch (cause) {
    report(new HookFailedError(phase, { cause }));
  }
};
