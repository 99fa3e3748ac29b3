import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Report } from "../benchmark.ts";
import { type Footprint, footprintText } from "../footprint/footprint.ts";
import type { GrowthPoint } from "../growth/growth.ts";
import type { LatencyReport } from "../latency/report.ts";
import type { SoakReport } from "../soak/soak.ts";
import { latencyMarkdown } from "./latency-markdown.ts";
import { caseMarkdown, growthMarkdown } from "./markdown.ts";
import { fillParts } from "./parts.ts";
import { growthPlot, ratioPlot } from "./plots.ts";
import { resultIfThere, resultNamed } from "./results.ts";
import { soakMarkdown } from "./soak-markdown.ts";

// Writes the results of the last full run into the documentation: its tables and its plots.

const reference = join(import.meta.dirname, "../../../../docs/reference");
const page = join(reference, "benchmarks.md");
const plots = join(reference, "benchmarks");

const report = await resultNamed<Report>("cases");
const growth = await resultNamed<{ readonly points: readonly GrowthPoint[] }>("growth");
const footprint = await resultNamed<Footprint>("footprint");

const latency = await resultIfThere<LatencyReport>("latency");
const soaked = await resultIfThere<SoakReport>("soak");

const { environment, repetitions, slotMs } = report;
const filled = fillParts(await readFile(page, "utf8"), {
  environment: `${environment.join(", ")}; medians of ${repetitions} interleaved repetitions of ${slotMs} ms.`,
  cases: report.cases.map(caseMarkdown).join("\n\n"),
  growth: growthMarkdown(growth.points),
  footprint: `\`\`\`text\n${footprintText(footprint)}\n\`\`\``,
  // Measured on its own, and perhaps not yet.
  ...(latency && { latency: latencyMarkdown(latency) }),
  ...(soaked && { soak: soakMarkdown(soaked) }),
});
await writeFile(page, filled);

const PLOTTED = ["create", "append", "command-10", "load-10"];
await mkdir(plots, { recursive: true });
for (const one of report.cases) {
  if (one.condition !== "direct" || !PLOTTED.includes(one.name)) continue;
  await writeFile(join(plots, `${one.name}.svg`), await ratioPlot(one));
}
await writeFile(join(plots, "growth.svg"), await growthPlot(growth.points));
