import { join } from "node:path";
import type { JsonObject } from "@annals/core";
import { model, readSample, storedVersionOf, versionsWithoutSample } from "@annals/core/adapter";
import type { CommandContext } from "../commands/command-context.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { AnyDatabase } from "../config/open-database.ts";
import { readSamples, SAMPLES_FILE, writeSamples } from "./sample-file.ts";
import { storedSamples } from "./stored-samples.ts";

type Samples = Map<string, readonly JsonObject[]>;

/**
 * Reads the samples that the project keeps of its stored events with the definitions as they are, if it
 * keeps any, and adds those that are missing when it is told to.
 *
 * @returns how many samples cannot be read or are missing.
 */
export const checkSamples = async (
  context: CommandContext,
  db: AnyDatabase,
  config: LoadedConfig,
  update: boolean,
): Promise<number> => {
  const file = join(config.migrations, SAMPLES_FILE);
  const kept = await readSamples(file);
  if (kept === undefined && !update) return 0;
  const samples: Samples = new Map(Object.entries(kept?.samples ?? {}));
  if (update) await addStored(context, db, config, samples, file);
  const problems = [...config.entities, ...config.topics].flatMap(({ name, [model]: engine }) => {
    const bodies = samples.get(name) ?? [];
    const unread = bodies.flatMap((body) => {
      const { type, version, problem } = readSample(engine, body);
      return problem === undefined ? [] : [{ type, version, problem }];
    });
    const missing = versionsWithoutSample(engine, bodies).map((one) => {
      return { ...one, problem: "it has no sample" };
    });
    return [...unread, ...missing].map((one) => ({ entity: name, ...one }));
  });
  for (const problem of problems) report(context, problem);
  return problems.length;
};

const report = (
  { terminal }: CommandContext,
  {
    entity,
    type,
    version,
    problem,
  }: Record<"entity" | "type" | "problem", string> & {
    readonly version: number;
  },
): void => {
  const object = `${type} version ${version}`;
  const remedy =
    "Let the definition's upcasters read it, or take a sample with annals check --update-samples.";
  terminal.json({ entity, object, problem, remedy });
  terminal.line(`${terminal.style("red", "✗")} ${terminal.style("bold", object)} (${entity})`);
  terminal.line(`  ${problem}`);
  terminal.line(`  ${terminal.style("dim", remedy)}`);
};

/** What is kept stays as it is: a sample stands for what was stored once. */
const addStored = async (
  { terminal }: CommandContext,
  db: AnyDatabase,
  config: LoadedConfig,
  samples: Samples,
  file: string,
): Promise<void> => {
  let added = 0;
  for (const topic of [...config.entities, ...config.topics]) {
    const kept = samples.get(topic.name) ?? [];
    const known = new Set(kept.map(keyOf));
    const found = await storedSamples(db, config.schema, topic);
    const fresh = found.filter((body) => !known.has(keyOf(body)));
    added += fresh.length;
    if (fresh.length > 0) samples.set(topic.name, [...kept, ...fresh]);
  }
  if (added === 0) return;
  await writeSamples(file, samples);
  const subject = added === 1 ? "1 sample was" : `${added} samples were`;
  terminal.note(
    `${subject} added to ${file}. They are real events: look them over before you commit them.`,
  );
};

const keyOf = (body: JsonObject): string => {
  const { type, version } = storedVersionOf(body);
  return `${version} ${type}`;
};
