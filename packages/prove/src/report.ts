import type { FLAWLESS, Verdict } from "./judge.ts";
import { STALL_MS } from "./phases/phase.ts";
import type { Proof } from "./prove.ts";

const COLUMNS: readonly (readonly [title: string, text: (proof: Proof) => string])[] = [
  ["store", ({ driver }) => driver],
  ["version", ({ version }) => version],
  ["committed", ({ verdict }) => grouped(verdict.committed)],
  ["lost", ({ verdict }) => grouped(verdict.lost)],
  ["doubled", ({ verdict }) => grouped(verdict.doubled)],
  ["inverted", ({ verdict }) => grouped(verdict.inverted)],
  ["invented", ({ verdict }) => grouped(verdict.invented)],
  ["lost updates", ({ verdict }) => grouped(verdict.lostUpdates)],
  ["forgotten", ({ verdict }) => grouped(verdict.forgotten)],
  ["longest wait", ({ longestWaitMs }) => waitText(longestWaitMs)],
  ["result", (proof) => (proof.isProven ? "nothing wrong" : flawsOf(proof).join(", "))],
];

/** The results as a table in Markdown, with what was done to each store below it. */
export const reportText = (proofs: readonly Proof[]): string => {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...proofs.map((proof) => COLUMNS.map(([, text]) => text(proof))),
  ];
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [
    line(head),
    line(widths.map((width) => "-".repeat(width))),
    ...body.map(line),
    "",
    ...proofs.flatMap(details),
  ].join("\n");
};

const details = (proof: Proof): readonly string[] => [
  `${proof.driver} (${proof.options}), ${proof.server}, seed ${proof.seed}, ${proof.seconds} s`,
  ...proof.phases.map((phase) =>
    phase.kind === "ran"
      ? `  ${phase.name}: ${phase.told}`
      : `  ${phase.name}: skipped, ${phase.because}`,
  ),
  "",
];

const flawsOf = ({ verdict, longestWaitMs }: Proof): readonly string[] => {
  const flaws = NAMES.filter(([flaw]) => verdict[flaw] > 0).map(([, name]) => name);
  return (longestWaitMs ?? 0) < STALL_MS ? flaws : [...flaws, "stalls"];
};

const NAMES: readonly (readonly [flaw: keyof typeof FLAWLESS & keyof Verdict, name: string])[] = [
  ["lost", "loses"],
  ["doubled", "doubles"],
  ["inverted", "inverts"],
  ["invented", "invents"],
  ["lostUpdates", "loses updates"],
  ["forgotten", "forgets"],
];

const waitText = (ms: number | undefined): string =>
  ms === undefined ? "" : ms < STALL_MS ? `${grouped(ms)} ms` : `over ${grouped(STALL_MS)} ms`;

const grouped = (count: number): string => count.toLocaleString("en-US");
