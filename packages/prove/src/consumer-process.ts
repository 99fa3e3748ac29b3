import { driverNamed } from "./all-drivers.ts";
import { writeDown } from "./deliveries.ts";
import type { Connection } from "./driver.ts";

// A process that follows through one driver until it is told to stop, or killed.

const [name = "", connection = "{}"] = process.argv.slice(2);
const driver = driverNamed(name);
const given = JSON.parse(connection) as Connection;
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.stdin.once("end", () => process.exit(1)).resume();

// What becomes of its connections is part of the trial. When it cannot go on, a new process does.
await driver.follow(given, writeDown, stop.signal).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
});
process.exit(0);
