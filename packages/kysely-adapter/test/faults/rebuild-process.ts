import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type NameDatabase, nameCounts } from "../database/name-counts.ts";
import { openDatabase } from "../database/open.ts";

// A process that rebuilds a projection, slowly, until it is killed, or its parent is gone.

const watch = `const { ppid } = process;
setInterval(() => process.ppid === ppid || process.kill(process.pid, "SIGKILL"), 500);`;
new Worker(watch, { eval: true }).unref();

const db = openDatabase<NameDatabase>(process.argv[2] ?? "");
await nameCounts(db, { onHandle: () => sleep(50) }).rebuild();
await db.destroy();
