import { parentPort, workerData } from "node:worker_threads";
import { connect } from "../connected-database.ts";
import { followEmmett } from "./emmett-follower.ts";
import { type Following, follow } from "./follower.ts";

// A thread of its own shares nothing with the writers: no wake-up reaches it but through the database.

/** Events in the order in which they were handled, and when. */
export interface Handled {
  readonly names: string[];
  readonly at: number[];
}

const { connectionString, following } = workerData as {
  readonly connectionString: string;
  readonly following: Following;
};
const database = connect(connectionString);
let handled: Handled = { names: [], at: [] };
const tell = (): void => {
  if (handled.names.length === 0) return;
  parentPort?.postMessage(handled);
  handled = { names: [], at: [] };
};
// Many at a time, lest the telling take from writers what they are measured by.
const telling = setInterval(tell, 50);
const followIt = following.system === "annals" ? follow : followEmmett;
const stop = await followIt(database, following, (name, at) => {
  handled.names.push(name);
  handled.at.push(at);
});
parentPort?.postMessage("ready");
parentPort?.once("message", async () => {
  await stop();
  clearInterval(telling);
  tell();
  await database.close();
  parentPort?.close();
});
