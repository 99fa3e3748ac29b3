import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Connection, Driver } from "./driver.ts";

const PROGRAM = fileURLToPath(
  new URL(`./consumer-process${extname(import.meta.url)}`, import.meta.url),
);

/** The consumer of one driver, in a process that is started again whenever it ends. */
export class Consumer {
  readonly #driver: Driver;
  readonly #connection: Connection;
  #child: ChildProcess | undefined;
  #isStopped = false;
  /** What the last process that ended by itself had to say. */
  complaint = "";
  killed = 0;

  constructor(driver: Driver, connection: Connection) {
    this.#driver = driver;
    this.#connection = connection;
    this.#start();
  }

  /** Kills the process wherever it is; another one takes over. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.killed += 1;
    await ended(child, "SIGKILL");
  }

  /** Lets the process finish what it has in hand. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const child = this.#child;
    if (child === undefined) return;
    const tooLong = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended(child, "SIGTERM");
    clearTimeout(tooLong);
  }

  #start(): void {
    const task = [this.#driver.name, JSON.stringify(this.#connection)];
    const child = spawn(process.execPath, ["--conditions=@annals/source", PROGRAM, ...task], {
      // Its input ends with this process, also when nothing else can be said any more.
      stdio: ["pipe", "ignore", "pipe"],
    });
    let complaint = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint = `${complaint}${String(chunk)}`.slice(-2_000);
    });
    child.on("exit", () => {
      this.#child = undefined;
      if (complaint !== "") this.complaint = complaint;
      if (!this.#isStopped) void sleep(20).then(() => this.#startAgain());
    });
    this.#child = child;
  }

  #startAgain(): void {
    if (!this.#isStopped) this.#start();
  }
}

const ended = async (child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
};
