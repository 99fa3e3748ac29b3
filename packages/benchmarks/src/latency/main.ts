import { startPostgres } from "@annals/testing/postgres";
import { openDatabase } from "../database.ts";
import { latencyText, measureLatency } from "./measure-latency.ts";

// Every commit is flushed, as where data is worth keeping.
const settings = { fsync: "on", synchronous_commit: "on", shared_buffers: "256MB" };
const isQuick = process.argv.includes("--quick");
const measured = isQuick ? { slots: [1], forMs: 500 } : { slots: [1, 4, 16], forMs: 5_000 };

const server = await startPostgres({ settings, log: console.error });
process.once("SIGINT", () => void server.stop().finally(() => process.exit(130)));
try {
  const { connectionString } = await server.createDatabase();
  const database = await openDatabase(connectionString, 4);
  await database.close();
  const options = { ...measured, onProgress: console.error };
  console.log(latencyText(await measureLatency(connectionString, options)));
} finally {
  await server.stop();
}
