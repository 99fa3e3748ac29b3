import type { Outcome } from "./outcome.ts";

/** Counts what became of the lines, however many there are. */
export class Tally {
  lines = 0;
  blank = 0;
  applied = 0;
  alreadyApplied = 0;
  readonly refused = new Map<string, number>();
  readonly #startedAt = performance.now();

  count(outcome: Outcome | "blank"): void {
    this.lines += 1;
    if (outcome === "blank") this.blank += 1;
    else if (outcome.kind === "refused") {
      this.refused.set(outcome.reason, (this.refused.get(outcome.reason) ?? 0) + 1);
    } else this[outcome.kind] += 1;
  }

  get refusedLines(): number {
    return [...this.refused.values()].reduce((sum, count) => sum + count, 0);
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  get linesPerSecond(): number {
    return this.lines / Math.max(this.seconds, 0.001);
  }
}
