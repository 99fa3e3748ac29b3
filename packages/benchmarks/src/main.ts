import { writeFile } from "node:fs/promises";
import { startPostgres } from "@annals/testing/postgres";
import { benchmark, type Report } from "./benchmark.ts";
import { conditionText } from "./conditions/condition.ts";
import { layersText, measureLayers } from "./layers/measure-layers.ts";
import { type Command, parseCommand, USAGE } from "./options.ts";
import { reportText } from "./report/table.ts";

// As a server with data worth keeping, with memory and room in its log for what is measured, so that
// no checkpoint or vacuum falls into one variant's time by chance.
const SETTINGS = {
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  shared_buffers: "1GB",
  max_wal_size: "8GB",
  checkpoint_timeout: "1h",
  autovacuum: "off",
};

const run = async (command: Command): Promise<void> => {
  if (command.kind === "help") {
    console.log(USAGE);
  } else if (command.kind === "layers") {
    console.log(layersText(await measureLayers()));
  } else {
    await runBenchmark(command);
  }
};

const runBenchmark = async ({
  rounds,
  jsonFile,
}: Extract<Command, { kind: "benchmark" }>): Promise<void> => {
  const server = await startPostgres({ settings: SETTINGS, log: console.error });
  process.once("SIGINT", () => void server.stop().finally(() => process.exit(130)));
  try {
    console.error(`Using ${server.description}`);
    const reports: Report[] = [];
    for (const { condition, options } of rounds) {
      const { connectionString } = await server.createDatabase();
      console.error(conditionText(condition));
      const told = { ...options, onProgress: console.error };
      reports.push(await benchmark(connectionString, condition, told));
    }
    const [first] = reports as [Report, ...Report[]];
    const report: Report = { ...first, cases: reports.flatMap(({ cases }) => cases) };
    console.log(`\n${reportText(report)}`);
    if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await server.stop();
  }
};

try {
  await run(parseCommand(process.argv.slice(2)));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
