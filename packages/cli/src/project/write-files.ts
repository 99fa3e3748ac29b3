import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProjectFile } from "./project-files.ts";

/** What became of the files of a project, by their paths. */
export interface WrittenFiles {
  readonly written: readonly string[];
  /** Those that were there already; they are left as they are. */
  readonly kept: readonly string[];
}

/** Writes files that are not there yet, and no others. */
export const writeNewFiles = async (
  folder: string,
  files: readonly ProjectFile[],
): Promise<WrittenFiles> => {
  const written: string[] = [];
  const kept: string[] = [];
  for (const { path, text } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const isNew = await writeFile(target, text, { flag: "wx" }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    (isNew ? written : kept).push(path);
  }
  return { written, kept };
};
