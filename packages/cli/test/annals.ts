import { execFile } from "node:child_process";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { spawn as spawnTerminal } from "@lydell/node-pty";
import { run } from "../src/run.ts";

/** The file that the command starts. */
export const main = join(import.meta.dirname, "../src/main.ts");

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd: string;
  readonly databaseUrl?: string;
  /** What comes in on the standard input. */
  readonly input?: string;
  /** Stops the command as Ctrl-C does. */
  readonly signal?: AbortSignal;
  /** Told of all that was written so far, whenever there is more. */
  readonly onOutput?: (stdout: string, stderr: string) => void;
}

const argumentsOf = (words: readonly string[]): string[] => [
  "--conditions=@annals/source",
  main,
  ...words,
];

const environmentOf = ({ databaseUrl }: Surroundings): Record<string, string> => {
  const { DATABASE_URL: _, FORCE_COLOR: __, NO_COLOR: ___, ...rest } = process.env;
  return {
    ...(rest as Record<string, string>),
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
};

/** Runs the command line as from a script, in this process: no terminal anywhere. */
export const piped = async (words: readonly string[], surroundings: Surroundings): Promise<Ran> => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const { cwd, input = "", signal = new AbortController().signal, onOutput } = surroundings;
  stdin.end(input);
  const written = { stdout: "", stderr: "" };
  stdout.on("data", (chunk) => {
    written.stdout += String(chunk);
    onOutput?.(written.stdout, written.stderr);
  });
  stderr.on("data", (chunk) => {
    written.stderr += String(chunk);
    onOutput?.(written.stdout, written.stderr);
  });
  const env = environmentOf(surroundings);
  const exitCode = await run(words, { streams: { stdin, stdout, stderr }, cwd, env, signal });
  stdout.end();
  stderr.end();
  await Promise.all([finished(stdout), finished(stderr)]);
  return { exitCode, ...written };
};

/** Runs the command line as a process of its own. */
export const asProcess = (words: readonly string[], surroundings: Surroundings): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { cwd: surroundings.cwd, env: environmentOf(surroundings) };
    const child = execFile(process.execPath, argumentsOf(words), options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });

/** Runs the command line in a pseudo-terminal; `answers` are typed when their prompt appears. */
export const inTerminal = (
  words: readonly string[],
  surroundings: Surroundings,
  answers: readonly { readonly when: RegExp; readonly type: string }[] = [],
): Promise<{ readonly exitCode: number; readonly screen: string }> =>
  new Promise((resolve) => {
    const terminal = spawnTerminal(process.execPath, argumentsOf(words), {
      cols: 120,
      rows: 40,
      cwd: surroundings.cwd,
      env: { ...environmentOf(surroundings), TERM: "xterm-256color" },
    });
    let screen = "";
    const left = [...answers];
    terminal.onData((data) => {
      screen += data;
      const [next] = left;
      if (next?.when.test(screen)) {
        left.shift();
        terminal.write(next.type);
      }
    });
    terminal.onExit(({ exitCode }) => resolve({ exitCode, screen }));
  });
