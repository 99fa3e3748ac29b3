import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConnectedDatabase } from "../connected-database.ts";
import type { Memory } from "./memory.ts";
import type { Reader, Reading } from "./reader.ts";

const PROGRAM = fileURLToPath(
  new URL(`./reader-process${extname(import.meta.url)}`, import.meta.url),
);

/** Follows in a process of its own. */
export const readApart = async (
  { connectionString }: ConnectedDatabase,
  reading: Reading,
): Promise<Reader> => {
  const child = fork(PROGRAM, [connectionString, JSON.stringify(reading)], {
    execArgv: ["--conditions=@annals/source"],
  });
  const ended = endOf(child);
  // Somebody is told by the race below or by whoever waits for the end.
  ended.catch(() => {});
  await Promise.race([once(child, "message"), ended]);
  return {
    ...{ ...reading, ended },
    place: "in a process of its own",
    memory: async () => {
      const answer = once(child, "message");
      child.send("memory");
      const [memory] = await Promise.race([answer, ended.then(() => Promise.reject(GONE))]);
      return memory as Memory;
    },
    stop: async () => {
      if (child.connected) child.send("stop");
      await ended;
    },
  };
};

const GONE = new Error("The reading process has ended");

const endOf = async (child: ChildProcess): Promise<void> => {
  const [code, signal] = await once(child, "exit");
  if (code !== 0) throw new Error(`The reading process ended by ${signal ?? `code ${code}`}`);
};
