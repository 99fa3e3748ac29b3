import { type FileHandle, open } from "node:fs/promises";
import { type Line, readLines } from "./lines.ts";
import { UsageError } from "./options.ts";

/** An open file of commands. */
export interface Input {
  /** In bytes; 0 for what has no size, such as a pipe. */
  readonly size: number;
  lines(): AsyncIterable<Line>;
  close(): Promise<void>;
}

/** @throws UsageError when the file cannot be read; found out before any server is started. */
export const openInput = async (path: string): Promise<Input> => {
  const file = await openFile(path);
  const stats = await file.stat();
  if (stats.isDirectory()) {
    await file.close();
    throw new UsageError(`Cannot read ${path}: it is a directory`);
  }
  return {
    size: stats.size,
    lines: () => readLines(file.createReadStream({ autoClose: false })),
    close: () => file.close(),
  };
};

const openFile = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path);
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(error)}`);
  }
};

const reasonOf = (error: unknown): string => {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "there is no such file";
    case "EACCES":
      return "it may not be read";
    default:
      return error instanceof Error ? error.message : String(error);
  }
};
