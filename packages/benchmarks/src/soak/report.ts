import { count, type PlainTable, tableText } from "../report/plain-table.ts";
import type { Steadiness } from "./memory.ts";
import type { ReaderReport, Sample, SoakReport } from "./soak.ts";

export const soakText = (report: SoakReport): string =>
  [
    ...report.environment,
    "",
    summary(report),
    ...soakTables(report).map((table) => `\n${tableText(table)}`),
    "",
    ...(report.flaws.length === 0 ? ["All is well."] : report.flaws.map((flaw) => `✗ ${flaw}`)),
  ].join("\n");

/** What was written, as a sentence. */
export const summary = (report: SoakReport): string => {
  const { written, entities, writers, seconds, eventsPerSecond, offeredPerSecond } = report;
  const asked = offeredPerSecond === 0 ? "as fast as they could" : `${count(offeredPerSecond)} due`;
  return (
    `${writers} writers wrote ${count(written)} events of ${count(entities)} entities in ` +
    `${count(seconds)} s: ${count(eventsPerSecond)} a second, ${asked}; ` +
    `consumers were through ${report.drainSeconds.toFixed(1)} s later.`
  );
};

export const soakTables = ({ readers }: SoakReport): readonly PlainTable[] => [
  {
    title: "What each consumer handled, held against what is stored",
    rows: [
      ["", "slots", "handled", "left out", "doubled", "out of order", "entities unlike"],
      ...readers.map((one) => [
        ...[`${one.name}, ${one.place}`, count(one.slots), count(one.handled)],
        ...[count(one.leftOut), count(one.doubled), count(one.outOfOrder), count(one.unlike)],
      ]),
    ],
  },
  {
    title: "Memory of their processes in MB, the median of the second fifth and of the last",
    rows: [
      ["", "heap", "heap, last", "", "resident", "resident, last", ""],
      ...readers.map((one) => [one.place, ...steady(one.heap), ...steady(one.rss)]),
    ],
  },
  ...readers.map(courseTable),
];

const steady = (found: Steadiness | undefined): readonly string[] =>
  found === undefined
    ? ["", "", "too short to tell"]
    : [count(found.earlyMb), count(found.lateMb), found.isFlat ? "flat" : "grows"];

const LINES = 10;

/** How a run went, at so many moments of it. */
const courseTable = ({ name, samples }: ReaderReport): PlainTable => ({
  title: `The course of it: ${name}`,
  rows: [
    ["s", "behind", "heap MB", "resident MB"],
    ...evenly(samples, LINES).map(({ seconds, behind, heapMb, rssMb }) => [
      ...[count(seconds), count(behind), count(heapMb), count(rssMb)],
    ]),
  ],
});

/** At most so many of the samples, the first and the last among them. */
const evenly = (samples: readonly Sample[], most: number): readonly Sample[] => {
  if (samples.length <= most) return samples;
  const step = (samples.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, n) => samples[Math.round(n * step)] as Sample);
};
