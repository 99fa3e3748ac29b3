#!/usr/bin/env node
import { run } from "./run.ts";

const stop = new AbortController();
// The first Ctrl-C ends long work in order; the second is Node's own and ends at once.
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

// Whoever reads our output may have enough of it, as in `annals tail | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  streams: process,
  cwd: process.cwd(),
  env: process.env,
  signal: stop.signal,
});
