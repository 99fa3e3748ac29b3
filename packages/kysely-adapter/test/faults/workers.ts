import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface WorkerTask {
  readonly connectionString: string;
  readonly name: string;
  readonly delivery: "exactly-once" | "at-least-once";
  readonly slots: number;
  readonly leaseMs: number;
  /** The entity whose second event blocks the process for ever. */
  readonly poison?: string;
}

/** Processes that run consumers, and can be killed. */
export class Workers {
  readonly #running = new Map<ChildProcess, WorkerTask>();
  readonly failures: string[] = [];

  start(task: WorkerTask): void {
    const file = join(import.meta.dirname, "worker-process.ts");
    const child = spawn(
      process.execPath,
      ["--conditions=@annals/source", file, JSON.stringify(task)],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += String(chunk);
    });
    child.on("exit", (code, signal) => {
      if (signal === null && code !== 0) this.failures.push(errors);
      this.#running.delete(child);
    });
    this.#running.set(child, task);
  }

  /** Kills one that runs, wherever it is, and starts another in its place. */
  async replace(at: number): Promise<void> {
    const [child, task] = [...this.#running][at % Math.max(1, this.#running.size)] ?? [];
    if (child === undefined || task === undefined) return;
    await end(child, "SIGKILL");
    this.start(task);
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await Promise.all([...this.#running.keys()].map((child) => end(child, signal)));
  }
}

const end = async (child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
};
