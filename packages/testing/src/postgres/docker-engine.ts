import { existsSync } from "node:fs";
import { type RequestOptions, request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Whether a Docker engine answers. A client or a socket without an engine is common, and finding
 * that out through testcontainers takes seconds and noise, so it is asked directly first.
 */
export async function dockerAnswers(timeout = 1_000): Promise<boolean> {
  for (const engine of engines()) {
    if (await pings(engine, timeout)) return true;
  }
  return false;
}

function engines(): RequestOptions[] {
  const host = process.env.DOCKER_HOST;
  if (!host) return sockets().map((socketPath) => ({ socketPath }));
  const url = new URL(host);
  if (url.protocol === "unix:" || url.protocol === "npipe:") return [{ socketPath: url.pathname }];
  return [{ host: url.hostname, port: url.port || 2375 }];
}

function sockets(): string[] {
  if (process.platform === "win32") return ["//./pipe/docker_engine"];
  const candidates = [
    "/var/run/docker.sock",
    join(process.env.XDG_RUNTIME_DIR ?? "/run", "docker.sock"),
    join(homedir(), ".docker/run/docker.sock"),
  ];
  return candidates.filter((path) => existsSync(path));
}

function pings(engine: RequestOptions, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeout);
    const ping = request({ ...engine, path: "/_ping", signal }, (response) => {
      response.resume();
      // An engine that insists on TLS says so with a 400: it is there all the same.
      resolve(response.statusCode === 200 || response.statusCode === 400);
    });
    ping.on("error", () => resolve(false));
    ping.end();
  });
}
