import { readFile } from "node:fs/promises";
import { join } from "node:path";

const results = join(import.meta.dirname, "../../results");

/** What was measured last, as it was written down under that name. */
export const resultNamed = async <Result>(name: string): Promise<Result> =>
  JSON.parse(await readFile(join(results, `${name}.json`), "utf8"));

/** The same for what may not have been measured yet. */
export const resultIfThere = async <Result>(name: string): Promise<Result | undefined> => {
  try {
    return await resultNamed<Result>(name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};
