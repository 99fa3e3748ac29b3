import { writeFile } from "node:fs/promises";
import { startPostgres } from "@annals/testing/postgres";
import pg from "pg";
import { benchmark, describeEnvironment, type Report } from "./benchmark.ts";
import { conditionText } from "./conditions/condition.ts";
import { openDatabase } from "./database.ts";
import { footprintText, measureFootprint } from "./footprint/footprint.ts";
import { growthText, measureGrowth } from "./growth/growth.ts";
import { layersText, measureLayers } from "./layers/measure-layers.ts";
import { type Command, parseCommand, type Round, USAGE } from "./options.ts";
import { reportText } from "./report/table.ts";
import { DURABLE_SETTINGS } from "./server-settings.ts";

// No checkpoint and no vacuum falls into one variant's time by chance.
const SETTINGS = { ...DURABLE_SETTINGS, checkpoint_timeout: "1h", autovacuum: "off" };

const run = async (command: Command): Promise<void> => {
  if (command.kind === "help") return console.log(USAGE);
  if (command.kind === "layers") return console.log(layersText(await measureLayers()));
  const server = await startPostgres({ settings: SETTINGS, log: console.error });
  process.once("SIGINT", () => void server.stop().finally(() => process.exit(130)));
  try {
    console.error(`Using ${server.description}`);
    const { result, text } = await measureOn(server, command);
    console.log(`\n${text}`);
    if (command.jsonFile !== undefined) {
      await writeFile(command.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
    }
  } finally {
    await server.stop();
  }
};

type Server = Awaited<ReturnType<typeof startPostgres>>;
type Measuring = Exclude<Command, { kind: "help" | "layers" }>;
const onProgress = console.error;

const measureOn = async (
  server: Server,
  command: Measuring,
): Promise<{ readonly result: unknown; readonly text: string }> => {
  if (command.kind === "growth") {
    const createDatabase = () => server.createDatabase();
    const points = await measureGrowth(createDatabase, { ...command.options, onProgress });
    const result = { environment: await environmentOf(server), points };
    return { result, text: growthText(points) };
  }
  if (command.kind === "footprint") {
    const { connectionString } = await server.createDatabase();
    const database = await openDatabase(connectionString, 1);
    const footprint = await measureFootprint(database).finally(database.close);
    return { result: footprint, text: footprintText(footprint) };
  }
  const report = await runRounds(server, command.rounds);
  return { result: report, text: reportText(report) };
};

const runRounds = async (server: Server, rounds: readonly Round[]): Promise<Report> => {
  const reports: Report[] = [];
  for (const { condition, options } of rounds) {
    const { connectionString } = await server.createDatabase();
    onProgress(conditionText(condition));
    reports.push(await benchmark(connectionString, condition, { ...options, onProgress }));
  }
  const [first] = reports as [Report, ...Report[]];
  return { ...first, cases: reports.flatMap(({ cases }) => cases) };
};

const environmentOf = async (server: Server): Promise<readonly string[]> => {
  const { connectionString } = await server.createDatabase();
  const pool = new pg.Pool({ connectionString, max: 1 });
  return describeEnvironment(pool).finally(() => pool.end());
};

try {
  await run(parseCommand(process.argv.slice(2)));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
