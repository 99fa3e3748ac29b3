import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const MAIN: string = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export interface Finished {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A demo in a process of its own, as a user starts it. */
export class DemoProcess {
  readonly child: ChildProcess;
  #output = "";
  #errors = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    this.child = spawn(process.execPath, ["--conditions=@annals/source", MAIN, ...args], {
      env: { ...process.env, INIT_CWD: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#output += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
  }

  /** Waits until this text has been written. */
  async written(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`It ended early:\n${this.#errors}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async finished(): Promise<Finished> {
    const [exitCode] = (await once(this.child, "close")) as [number | null];
    return { exitCode, output: this.#output, errors: this.#errors };
  }
}

export const runDemo = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finished> => new DemoProcess(args, env).finished();
