import { count, milliseconds, type PlainTable, tableText } from "../report/plain-table.ts";
import type { AppendRate } from "./append-rates.ts";
import type { Latency, Spread } from "./latency.ts";
import type { LiveRate } from "./live-rates.ts";
import type { OfferedLatency } from "./offered-load.ts";
import type { SizedLatency } from "./table-sizes.ts";

/** What was measured; a part that was not asked for is not there. */
export interface LatencyReport {
  /** The server, the process and the machine that the numbers belong to. */
  readonly environment: readonly string[];
  readonly forMs: number;
  readonly repetitions: number;
  readonly closed?: readonly Latency[];
  readonly offered?: readonly OfferedLatency[];
  readonly appending?: readonly AppendRate[];
  readonly sizes?: readonly SizedLatency[];
  readonly live?: readonly LiveRate[];
}

export const latencyText = (report: LatencyReport): string =>
  [...report.environment, ...latencyTables(report).map((table) => `\n${tableText(table)}`)].join(
    "\n",
  );

/** A table for each part that was measured. */
export const latencyTables = (report: LatencyReport): readonly PlainTable[] => {
  const { closed, offered, sizes, appending, live } = report;
  return [
    ...(closed === undefined ? [] : [closedTable(closed)]),
    ...(offered === undefined ? [] : [offeredTable(offered)]),
    ...(sizes === undefined ? [] : [sizesTable(sizes)]),
    ...(appending === undefined ? [] : [appendingTable(appending)]),
    ...(live === undefined ? [] : [liveTable(live)]),
  ];
};

const closedTable = (found: readonly Latency[]): PlainTable => ({
  title: "From the end of an append to the beginning of its handler",
  rows: [
    ["", "slots", "writers", "events/s", ...SPREAD, "never came"],
    ...found.map(({ way, slots, writers, eventsPerSecond, fromAppend, missed }) => [
      ...[way, count(slots), count(writers), count(eventsPerSecond)],
      ...spread(fromAppend),
      count(missed),
    ]),
  ],
});

const offeredTable = (found: readonly OfferedLatency[]): PlainTable => ({
  title: "At half of the load that the writers bear",
  rows: [
    [
      ...["", "slots", "writers", "due/s", "events/s"],
      ...SPREAD.map((name) => `from due, ${name}`),
      ...SPREAD.map((name) => `from append, ${name}`),
      "never came",
    ],
    ...found.map((one) => [
      ...[one.way, count(one.slots), count(one.writers)],
      ...[count(one.offeredPerSecond), count(one.eventsPerSecond)],
      ...spread(one.fromDue),
      ...spread(one.fromAppend),
      count(one.missed),
    ]),
  ],
});

const sizesTable = (found: readonly SizedLatency[]): PlainTable => {
  const sizes = [...new Set(found.map(({ events }) => events))];
  const ways = [...new Set(found.map(({ way }) => way))];
  return {
    title:
      "From the end of an append to the beginning of its handler, p50 / p99 ms, with so many events there",
    rows: [
      ["", ...sizes.map(count)],
      ...ways.map((way) => [
        way,
        ...sizes.map((size) => {
          const one = found.find(({ events, way: name }) => events === size && name === way);
          return one === undefined ? "" : sizedCell(one);
        }),
      ]),
    ],
  };
};

const sizedCell = ({ fromAppend, missed }: SizedLatency): string =>
  `${spread(fromAppend).join(" / ")}${missed > 0 ? `, ${count(missed)} never came` : ""}`;

const appendingTable = (found: readonly AppendRate[]): PlainTable => ({
  title: "What is appended with a consumer, and without",
  rows: [
    ["", "slots", "events/s", "×"],
    ...found.map(({ system, way, slots, eventsPerSecond, ofUnfollowed }) => [
      way ?? `${system}, nobody follows`,
      slots === undefined ? "" : count(slots),
      count(eventsPerSecond),
      ofUnfollowed.toFixed(2),
    ]),
  ],
});

const liveTable = (found: readonly LiveRate[]): PlainTable => ({
  title: "Handled while writers write as fast as they can",
  rows: [
    [
      ...["", "slots", "writers", "events at a time", "appended/s", "handled/s"],
      ...["behind at the end", "caught up after ms", "never came"],
    ],
    ...found.map((one) => [
      ...[one.way, count(one.slots), count(one.writers), count(one.eventsPerAppend)],
      ...[count(one.appendedPerSecond), count(one.handledPerSecond)],
      ...[count(one.behind), count(one.caughtUpMs), count(one.missed)],
    ]),
  ],
});

const SPREAD = ["p50 ms", "p99 ms"] as const;

const spread = ({ p50Ms, p99Ms }: Spread): readonly string[] => [
  p50Ms === null ? "" : milliseconds(p50Ms),
  p99Ms === null ? "" : milliseconds(p99Ms),
];
