import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { JsonObject } from "@annals/core";
import { type EventSamples, storedVersionOf } from "@annals/core/adapter";
import { CliError } from "../cli-error.ts";

/** The samples' name in the migrations folder. */
export const SAMPLES_FILE = "annals.samples.json";

/**
 * @returns `undefined` when the project keeps no samples.
 * @throws CliError when the file is there and has no samples.
 */
export const readSamples = async (file: string): Promise<EventSamples | undefined> => {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const samples = JSON.parse(text) as EventSamples;
    const isList = Object.values(samples.samples).every(Array.isArray);
    if (samples.format === 1 && isList) return samples;
  } catch {
    // Told below, together with every other thing that it may be.
  }
  throw new CliError(`${file} has no samples of Annals`, "Put it back from version control.");
};

/** Writes samples by entity, type and version, so that the next one makes a small difference. */
export const writeSamples = async (
  file: string,
  samples: ReadonlyMap<string, readonly JsonObject[]>,
): Promise<void> => {
  const sorted = [...samples]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([entity, bodies]) => [entity, bodies.toSorted(byVersion)]);
  const content: EventSamples = { format: 1, samples: Object.fromEntries(sorted) };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
};

const byVersion = (one: JsonObject, other: JsonObject): number => {
  const [first, second] = [storedVersionOf(one), storedVersionOf(other)];
  if (first.type !== second.type) return first.type < second.type ? -1 : 1;
  return first.version - second.version;
};
