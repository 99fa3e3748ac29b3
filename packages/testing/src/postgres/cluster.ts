import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { chown, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { OsUser } from "./os-user.ts";

export interface ClusterOptions {
  /** The folder of `initdb` and `postgres`. */
  readonly binaries: string;
  /** The folder that holds `data` and the server's log. */
  readonly home: string;
  readonly password: string;
  readonly user: OsUser | undefined;
}

/** How to shut down: roll back and leave properly, or stop where it is and recover at the start. */
export type ShutdownMode = "fast" | "immediate";

const signals = { fast: "SIGINT", immediate: "SIGQUIT" } as const;

/** One data directory and the server process on it. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #data: string;
  readonly #log: string;
  #server: ChildProcess | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#data = join(options.home, "data");
    this.#log = join(options.home, "server.log");
  }

  async initialise(): Promise<void> {
    const { home, password, user } = this.#options;
    const passwordFile = join(home, "password");
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
    // A linguistic collation, as most servers have: under "C" a missing COLLATE goes unnoticed.
    const locale = ["--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8"];
    await promisify(execFile)(
      join(this.#options.binaries, "initdb"),
      [
        `--pgdata=${this.#data}`,
        "--username=postgres",
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--no-sync",
        ...locale,
      ],
      this.#spawnOptions(),
    );
    await rm(passwordFile);
  }

  async start(settings: Readonly<Record<string, string>>): Promise<void> {
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    // A file, not a pipe: a full pipe would hold up the server while this process is busy.
    const log = openSync(this.#log, "w");
    const server = spawn(join(this.#options.binaries, "postgres"), ["-D", this.#data, ...args], {
      ...this.#spawnOptions(),
      stdio: ["ignore", log, log],
      // A group of its own, so that Ctrl-C reaches only the program, which stops the server last.
      detached: true,
    });
    closeSync(log);
    this.#server = server;
    await once(server, "spawn");
    // A program that forgets to stop the server can still end.
    server.unref();
    await this.#ready(server);
  }

  async stop(mode: ShutdownMode): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || ended(server)) return;
    server.ref();
    const exit = once(server, "exit");
    server.kill(signals[mode]);
    const stuck = setTimeout(() => server.kill(signals.immediate), 10_000);
    await exit;
    clearTimeout(stuck);
  }

  async #ready(server: ChildProcess): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!ended(server) && Date.now() < deadline) {
      if (this.#status(server.pid) === "ready") return;
      await sleep(10);
    }
    await this.stop("immediate");
    throw new Error(`PostgreSQL did not start:\n${readFileSync(this.#log, "utf8")}`);
  }

  /** What the server says of itself in the last line of its lock file, as `pg_ctl` reads it. */
  #status(pid: number | undefined): string | undefined {
    try {
      const lines = readFileSync(join(this.#data, "postmaster.pid"), "utf8").split("\n");
      return Number(lines[0]) === pid ? lines[7]?.trim() : undefined;
    } catch {
      return undefined;
    }
  }

  #spawnOptions() {
    const { home, user } = this.#options;
    return { cwd: home, env: { ...process.env, LC_ALL: "C" }, ...user };
  }
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
