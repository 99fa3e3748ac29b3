import { type LatencyReport, latencyTables } from "../latency/report.ts";
import { plainMarkdown } from "./markdown.ts";

/** The tables of all parts that were measured, under what they were measured on. */
export const latencyMarkdown = (report: LatencyReport): string => {
  const { environment, forMs, repetitions } = report;
  const how = `stretches of ${forMs / 1_000} s; what is measured in turn had ${repetitions} turns.`;
  const tables = latencyTables(report).map(plainMarkdown);
  return [`${environment.join(", ")}; ${how}`, ...tables].join("\n\n");
};
