import type { CaseReport, Measurement, Report, VariantReport } from "../benchmark.ts";
import { milliseconds } from "./plain-table.ts";

/** The whole report as text for a terminal. */
export const reportText = (report: Report): string =>
  [
    ...report.environment,
    `Medians of ${report.repetitions} interleaved repetitions of ${report.slotMs} ms each.`,
    "× is the rate as a share of the floor (*), the median of the repetitions' own ratios;",
    "CPU is this process's processor time for one operation, in microseconds.",
    ...report.cases.flatMap((one) => ["", ...caseTable(one)]),
    "",
  ].join("\n");

const NAME_WIDTH = 27;

const CELLS = [
  {
    title: "/s",
    width: 7,
    text: (one: Measurement) => Math.round(one.operationsPerSecond).toString(),
  },
  { title: "p50 ms", width: 7, text: (one: Measurement) => milliseconds(one.p50Ms) },
  { title: "p99 ms", width: 7, text: (one: Measurement) => milliseconds(one.p99Ms) },
  { title: "×", width: 6, text: (one: Measurement) => one.ofFloor.toFixed(2) },
  { title: "CPU", width: 5, text: (one: Measurement) => cpu(one.cpuMicros) },
] as const;

const cpu = (micros: number): string => micros.toFixed(micros < 10 ? 1 : 0);

const caseTable = ({ name, unit, condition, variants }: CaseReport): readonly string[] => {
  const counts = variants[0]?.measurements.map(({ connections }) => connections) ?? [];
  const groupWidth = CELLS.reduce((width, cell) => width + cell.width, 0);
  const headings = counts.map((count) =>
    ` | ${count === 1 ? "1 connection" : `${count} connections`}`.padEnd(groupWidth + 3),
  );
  const titles = CELLS.map(({ title, width }) => title.padStart(width)).join("");
  return [
    ...(condition === "direct" ? [] : [`${condition}:`]),
    `${`${name} (${unit})`.padEnd(NAME_WIDTH)}${headings.join("")}`.trimEnd(),
    `${"".padEnd(NAME_WIDTH)}${counts.map(() => ` | ${titles}`).join("")}`,
    ...variants.map(variantLine),
  ];
};

const variantLine = ({ name, isFloor, measurements }: VariantReport): string => {
  const groups = measurements.map(
    (one) => ` | ${CELLS.map(({ width, text }) => text(one).padStart(width)).join("")}`,
  );
  return `${`${name}${isFloor ? " *" : ""}`.padEnd(NAME_WIDTH)}${groups.join("")}`;
};
