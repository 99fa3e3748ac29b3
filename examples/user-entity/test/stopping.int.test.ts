import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DemoProcess } from "./run-demo.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "annals-demo-"));
  // The embedded server may have to run as another user than this process does.
  await chmod(folder, 0o755);
});

afterEach(() => rm(folder, { recursive: true }));

/** The demo with a server of its own, whose every trace is inside the folder. */
const start = (): DemoProcess =>
  new DemoProcess([], {
    DATABASE_URL: undefined,
    DOCKER_HOST: `unix://${folder}/no-docker.sock`,
    TMPDIR: folder,
  });

const processesIn = (place: string): string[] =>
  execFileSync("ps", ["-A", "-o", "args"], { encoding: "utf8" })
    .split("\n")
    .filter((args) => args.includes(place));

it.each([
  { signal: "SIGINT", at: "embedded PostgreSQL", exitCode: 130 },
  { signal: "SIGINT", at: " lines/s", exitCode: 130 },
  { signal: "SIGTERM", at: " lines/s", exitCode: 143 },
] as const)('stops on $signal after "$at" and leaves nothing', async ({ signal, at, exitCode }) => {
  const demo = start();
  await demo.written(at);
  const askedAt = performance.now();
  demo.child.kill(signal);
  const finished = await demo.finished();
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  expect(finished).toMatchObject({ exitCode, errors: "\nStopped.\n" });
  expect(finished.output).not.toContain("Check");
  expect(processesIn(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

it("leaves nothing when the reader of its output leaves", async () => {
  const demo = start();
  await demo.written(" lines/s");
  demo.child.stdout?.destroy();
  await demo.finished();
  expect(processesIn(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});
