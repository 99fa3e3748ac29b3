import { soakTables, summary } from "../soak/report.ts";
import type { SoakReport } from "../soak/soak.ts";
import { plainMarkdown } from "./markdown.ts";

/** What was written, what became of it and of memory, under what it was measured on. */
export const soakMarkdown = (report: SoakReport): string => {
  const tables = soakTables(report).map(plainMarkdown);
  const flaws = report.flaws.map((flaw) => `- ${flaw}`).join("\n");
  return [
    `${report.environment.join(", ")}.`,
    summary(report),
    ...(flaws === "" ? [] : [flaws]),
    ...tables,
  ].join("\n\n");
};
