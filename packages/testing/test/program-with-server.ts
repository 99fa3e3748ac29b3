import { startEmbeddedPostgres } from "@annals/testing/postgres";

// Started as a process of its own by the tests of what a server leaves behind.
const server = await startEmbeddedPostgres();
process.stdout.write(`${server.connectionString}\n`);

if (process.argv[2] === "wait") {
  setInterval(() => {}, 1_000);
} else {
  process.stdin.resume();
  process.stdin.on("end", () => {
    if (process.argv[2] === "crash") throw new Error("crash");
  });
}
