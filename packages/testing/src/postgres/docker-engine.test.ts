import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { dockerAnswers } from "./docker-engine.ts";

let folder: string;
let engine: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "annals-docker-"));
  vi.stubEnv("DOCKER_HOST", `unix://${folder}/docker.sock`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  engine?.close();
  engine?.closeAllConnections();
  engine = undefined;
  await rm(folder, { recursive: true });
});

async function listen(server: Server): Promise<void> {
  engine = server.listen(join(folder, "docker.sock"));
  await once(engine, "listening");
}

it("is there when it answers a ping", async () => {
  await listen(createServer((request, response) => response.end(request.url === "/_ping" && "OK")));
  expect(await dockerAnswers()).toBe(true);
});

it("is not there when nobody listens", async () => {
  expect(await dockerAnswers()).toBe(false);
});

it("is not there when it only accepts the connection", async () => {
  await listen(createServer(() => {}));
  expect(await dockerAnswers(50)).toBe(false);
});

it("is not there when something else answers", async () => {
  await listen(createServer((_, response) => response.writeHead(503).end()));
  expect(await dockerAnswers()).toBe(false);
});

it("is looked for where DOCKER_HOST points, over TCP too", async () => {
  engine = createServer((_, response) => response.end("OK")).listen(0, "127.0.0.1");
  await once(engine, "listening");
  const address = engine.address();
  vi.stubEnv("DOCKER_HOST", `tcp://127.0.0.1:${typeof address === "object" && address?.port}`);
  expect(await dockerAnswers()).toBe(true);
});
