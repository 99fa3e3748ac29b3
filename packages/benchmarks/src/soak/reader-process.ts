import { connect } from "../connected-database.ts";
import { type Reading, readHere } from "./reader.ts";

// A process that reads, tells its memory whenever it is asked, and ends when it is told to or left alone.

const [connectionString = "", reading = "{}"] = process.argv.slice(2);
const database = connect(connectionString);
const reader = await readHere(database, JSON.parse(reading) as Reading);
process.on("message", async (message) => {
  if (message === "memory") process.send?.(await reader.memory());
  if (message === "stop") {
    await reader.stop();
    await database.close();
    process.disconnect();
  }
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
// What it fails on ends the process, with a code that tells so.
await reader.ended;
