import { parentPort, workerData } from "node:worker_threads";
import { type Following, follow, openPool } from "./follower.ts";

// A thread of its own shares nothing with the writers: no wake-up reaches it but through the database.
const following = workerData as Following;
const db = openPool(following.connectionString);
const stop = await follow(following, db, (name, at) => parentPort?.postMessage({ name, at }));
parentPort?.postMessage("ready");
parentPort?.once("message", async () => {
  await stop();
  await db.destroy();
  parentPort?.close();
});
