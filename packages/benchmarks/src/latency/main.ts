import { writeFile } from "node:fs/promises";
import { startPostgres } from "@annals/testing/postgres";
import { DURABLE_SETTINGS } from "../server-settings.ts";
import { measureLatency } from "./measure-latency.ts";
import { type LatencyCommand, parseLatencyCommand, USAGE } from "./options.ts";
import { latencyText } from "./report.ts";

const run = async (command: LatencyCommand): Promise<void> => {
  if (command.kind === "help") return console.log(USAGE);
  const { parts, jsonFile } = command;
  const server = await startPostgres({ settings: DURABLE_SETTINGS, log: console.error });
  process.once("SIGINT", () => void server.stop().finally(() => process.exit(130)));
  try {
    console.error(`Using ${server.description}`);
    const options = { ...command.options, onProgress: console.error };
    const report = await measureLatency(() => server.createDatabase(), parts, options);
    console.log(`\n${latencyText(report)}`);
    if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await server.stop();
  }
};

try {
  await run(parseLatencyCommand(process.argv.slice(2)));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
