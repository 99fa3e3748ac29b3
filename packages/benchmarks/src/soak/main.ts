import { writeFile } from "node:fs/promises";
import { startPostgres } from "@annals/testing/postgres";
import { DURABLE_SETTINGS } from "../server-settings.ts";
import { parseSoakCommand, type SoakCommand, USAGE } from "./options.ts";
import { soakText } from "./report.ts";
import { soak } from "./soak.ts";

const run = async (command: SoakCommand): Promise<void> => {
  if (command.kind === "help") return console.log(USAGE);
  const server = await startPostgres({ settings: DURABLE_SETTINGS, log: console.error });
  process.once("SIGINT", () => void server.stop().finally(() => process.exit(130)));
  try {
    console.error(`Using ${server.description}`);
    const { connectionString } = await server.createDatabase();
    const options = { ...command.options, onProgress: console.error };
    const report = await soak(connectionString, options);
    console.log(`\n${soakText(report)}`);
    if (command.jsonFile !== undefined) {
      await writeFile(command.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
    }
    if (report.flaws.length > 0) process.exitCode = 1;
  } finally {
    await server.stop();
  }
};

try {
  await run(parseSoakCommand(process.argv.slice(2)));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
