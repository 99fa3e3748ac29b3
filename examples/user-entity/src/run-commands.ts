import { applyCommand } from "./apply-command.ts";
import { parseCommand } from "./command.ts";
import type { Users } from "./database.ts";
import type { Input } from "./input.ts";
import type { Line } from "./lines.ts";
import { type Outcome, type Refused, refused } from "./outcome.ts";
import { formatCount, formatNumber, printable, type Report } from "./report.ts";
import { Tally } from "./tally.ts";

export interface RunOptions {
  readonly users: Users;
  readonly input: Input;
  readonly report: Report;
  readonly verbose: boolean;
  /** Ends the run after the line in hand. */
  readonly signal: AbortSignal;
}

/** Without --verbose, more refused lines than these are only counted. */
const REFUSED_SHOWN = 20;

/** Runs every line of the input, one after the other: a line may rely on the one before. */
export const runCommands = async (options: RunOptions): Promise<Tally> => {
  const { users, input, report, signal } = options;
  const tally = new Tally();
  // A terminal's line is redrawn; elsewhere each is a line of its own.
  const interval = report.isTerminal ? 100 : 1_000;
  let progressAt = performance.now() + interval;
  for await (const line of input.lines()) {
    const outcome = await runLine(users, line);
    tally.count(outcome);
    if (outcome !== "blank" && outcome.kind === "refused")
      showRefused(options, line, tally, outcome);
    if (performance.now() >= progressAt) {
      report.progress(progress(tally, line.bytesRead, input.size));
      progressAt = performance.now() + interval;
    }
    if (signal.aborted) break;
  }
  report.endProgress();
  return tally;
};

const runLine = async (users: Users, line: Line): Promise<Outcome | "blank"> => {
  if ("problem" in line) return refused(line.problem, PROBLEMS[line.problem]);
  if (line.text.trim() === "") return "blank";
  const command = parseCommand(line.text);
  return "kind" in command ? command : await applyCommand(users, command);
};

const PROBLEMS = {
  "too-long": "The line is longer than 64 KiB",
  "not-utf8": "The line is not UTF-8",
} as const;

const showRefused = (
  { report, verbose }: RunOptions,
  { number }: Line,
  tally: Tally,
  { reason, message }: Refused,
): void => {
  const count = tally.refusedLines;
  if (verbose || count <= REFUSED_SHOWN) {
    const place = `line ${formatNumber(number)}`.padEnd(12);
    report.line(`${place}   ${reason.padEnd(15)}   ${printable(message)}`);
  } else if (count === REFUSED_SHOWN + 1) {
    report.note("… further refused lines are counted; --verbose shows each");
  }
};

const progress = (tally: Tally, bytesRead: number, size: number): string => {
  const percent = size === 0 ? "" : `${Math.floor((bytesRead / size) * 100)} %   `;
  const rate = `${formatNumber(tally.linesPerSecond)} lines/s`;
  return `${percent}${formatCount(tally.lines, "line")}   ${rate}`;
};

/** Shows what became of the lines altogether. */
export const showTally = (report: Report, tally: Tally): void => {
  report.section(
    `${formatCount(tally.lines, "line")} in ${tally.seconds.toFixed(1)} s, ` +
      `${formatNumber(tally.linesPerSecond)} a second`,
  );
  report.table(
    [
      ["applied", formatNumber(tally.applied)],
      ["already applied", formatNumber(tally.alreadyApplied)],
      ["blank", formatNumber(tally.blank)],
      ["refused", formatNumber(tally.refusedLines)],
      ...[...tally.refused]
        .sort(([, a], [, b]) => b - a)
        .map(([reason, count]) => [`  ${reason}`, formatNumber(count)]),
    ],
    ["left", "right"],
  );
};
