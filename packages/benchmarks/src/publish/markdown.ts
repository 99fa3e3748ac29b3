import type { CaseReport, Measurement, VariantReport } from "../benchmark.ts";
import type { GrowthPoint } from "../growth/growth.ts";
import { milliseconds, type PlainTable } from "../report/plain-table.ts";

/** One case as a table: a line for each variant, and its rate and share at each number of connections. */
export const caseMarkdown = ({ name, unit, condition, variants }: CaseReport): string => {
  const counts = variants[0]?.measurements.map(({ connections }) => connections) ?? [];
  const where = condition === "direct" ? "" : `, ${condition}`;
  const headings = counts.flatMap((count) => [`/s at ${count}`, "p50 / p99 ms", "×"]);
  return [
    `**${name}**${where} (${unit})`,
    "",
    ...table([["", ...headings], ...variants.map(variantCells)]),
  ].join("\n");
};

const variantCells = ({ name, isFloor, measurements }: VariantReport): readonly string[] => [
  isFloor ? `${name} (the floor)` : name,
  ...measurements.flatMap((one: Measurement) => [
    Math.round(one.operationsPerSecond).toLocaleString("en"),
    `${milliseconds(one.p50Ms)} / ${milliseconds(one.p99Ms)}`,
    one.ofFloor.toFixed(2),
  ]),
];

/** What operations cost at each size: a line for each case and variant. */
export const growthMarkdown = (points: readonly GrowthPoint[]): string => {
  const sizes = [...new Set(points.map(({ events }) => events))];
  const variants = Map.groupBy(points, ({ case: name, variant }) => `${name}: ${variant}`);
  const head = ["µs for one operation", ...sizes.map((size) => size.toLocaleString("en"))];
  const lines = [...variants].map(([name, measured]) => [
    name,
    ...sizes.map((size) => microsText(measured.find(({ events }) => events === size))),
  ]);
  return table([head, ...lines]).join("\n");
};

/** Not everything is measured at every size. */
const microsText = (point: GrowthPoint | undefined): string =>
  point === undefined ? "" : point.micros.toFixed(point.micros < 10 ? 2 : 0);

/** A table under its title. */
export const plainMarkdown = ({ title, rows }: PlainTable): string =>
  [`**${title}**`, "", ...table(rows)].join("\n");

const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const ruler = head.map((_, at) => (at === 0 ? "---" : "---:"));
  return [line(head), line(ruler), ...body.map(line)];
};
