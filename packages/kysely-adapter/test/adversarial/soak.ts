import { parseArgs } from "node:util";
import { startGround } from "./ground.ts";
import { type StressReport, stress } from "./stress.ts";

// Repeats the stress with other seeds, for as long as one likes:
// node --conditions=@annals/source packages/kysely-adapter/test/adversarial/soak.ts --runs 20

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    /** The first run's seed; each run takes the next. */
    seed: { type: "string", default: "1" },
    /** How long each run writes. */
    ms: { type: "string", default: "6000" },
    /** The folder of another PostgreSQL's binaries. */
    binaries: { type: "string" },
  },
});

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

interface Line {
  readonly committed: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly invented: number;
  readonly reordered: number;
  readonly failed: boolean;
}

const summed = ({ committed, followers }: StressReport): Line => {
  const sum = (count: (follower: StressReport["followers"][number]) => number): number =>
    followers.reduce((total, follower) => total + count(follower), 0);
  const line = {
    committed,
    delivered: sum(({ delivered }) => delivered),
    lost: sum(({ lost, skipped }) => lost + skipped),
    doubled: sum(({ doubled }) => doubled),
    invented: sum(({ invented, unknown }) => invented + unknown),
    reordered: sum(({ reordered, misplaced }) => reordered + misplaced),
  };
  const flaws = line.lost + line.doubled + line.invented + line.reordered;
  return { ...line, failed: flaws + sum(({ checkpointBehind }) => checkpointBehind) > 0 };
};

const server = await startGround({
  binaries: values.binaries,
  settings: { deadlock_timeout: "50ms" },
});
const version = /PostgreSQL ([\d.]+)/.exec(server.description)?.[1] ?? "unknown";
const totals = { committed: 0, delivered: 0, lost: 0, doubled: 0, invented: 0, reordered: 0 };
let failures = 0;
let maxLagMs = 0;
let naiveLost = 0;
try {
  for (let run = 0; run < Number(values.runs); run += 1) {
    const seed = Number(values.seed) + run;
    const report = await stress({ server, seed, ms: Number(values.ms) });
    const line = summed(report);
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += line[key];
    failures += line.failed ? 1 : 0;
    maxLagMs = Math.max(maxLagMs, report.maxLagMs);
    naiveLost += report.naiveLost;
    print(
      `seed ${seed}  PostgreSQL ${version}  events ${report.drawn}  committed ${line.committed}  delivered ${line.delivered}` +
        `  lost ${line.lost}  doubled ${line.doubled}  invented ${line.invented}  reordered ${line.reordered}` +
        `  max lag ${report.maxLagMs} ms (with crashes ${report.maxLagWithCrashesMs} ms)  naive lost ${report.naiveLost}${line.failed ? "  FAILED" : ""}`,
    );
  }
} finally {
  await server.stop();
}
print(
  `${values.runs} runs on PostgreSQL ${version}: committed ${totals.committed}, delivered ${totals.delivered}, lost ${totals.lost},` +
    ` doubled ${totals.doubled}, invented ${totals.invented}, reordered ${totals.reordered}, max lag ${maxLagMs} ms,` +
    ` naive lost ${naiveLost}; ${failures} failed`,
);
process.exitCode = failures > 0 ? 1 : 0;
