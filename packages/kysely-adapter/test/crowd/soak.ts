import { parseArgs } from "node:util";
import { startGround } from "../adversarial/ground.ts";
import { migrate } from "../database/open.ts";
import { Resident } from "../database/resident.ts";
import { crowd } from "./crowd.ts";

// Lets the crowd loose with other seeds, for as long as one likes:
// node --conditions=@annals/source packages/kysely-adapter/test/crowd/soak.ts --runs 10 --ms 60000

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    /** The first run's seed; each run takes the next. */
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "200" },
    /** How long each run lasts. */
    ms: { type: "string", default: "60000" },
    /** The folder of another PostgreSQL's binaries. */
    binaries: { type: "string" },
  },
});

const clients = Number(values.clients);
const server = await startGround({
  binaries: values.binaries,
  settings: { max_connections: String(clients + 20) },
});
try {
  for (let run = 0; run < Number(values.runs); run += 1) {
    const { connectionString } = await server.createDatabase();
    await migrate(connectionString, [Resident]);
    const seed = Number(values.seed) + run;
    // Every other run gathers what is written at the same time.
    const coalesce = run % 2 === 0;
    const options = { connectionString, seed, clients, ms: Number(values.ms), coalesce };
    const verdict = await crowd(options);
    const flaws =
      verdict.miscounted.length +
      verdict.lostUpdates.length +
      verdict.unlikeFold +
      verdict.doubled +
      verdict.misfound;
    if (flaws > 0) process.exitCode = 1;
    process.stdout.write(
      `seed ${seed}${flaws > 0 ? "  FAILED" : ""}  ${JSON.stringify(verdict)}\n`,
    );
  }
} finally {
  await server.stop();
}
