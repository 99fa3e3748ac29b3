import { AssertionError } from "node:assert";
import type { AnyTopic, TopicEventOf } from "@annals/core";
import {
  type EventSamples,
  model,
  readSample,
  type StoredVersion,
  versionsWithoutSample,
} from "@annals/core/adapter";

/** A stored event of a sample, and the events that it is read as. */
export interface UpcastSample<Definition extends AnyTopic> extends StoredVersion {
  readonly became: readonly TopicEventOf<Definition>[];
}

/**
 * Asserts that every sample of the stored events of an entity, or of a topic of its own, can be read by the definition as it is now, and
 * that there is a sample of every version that upcasters read. Needs no store and no test framework.
 *
 * @param samples what `annals check --update-samples` keeps in `annals.samples.json`.
 * @returns what each sample became, for a snapshot.
 */
export const assertUpcasts = <Definition extends AnyTopic>(
  definition: Definition,
  { samples }: EventSamples,
): readonly UpcastSample<Definition>[] => {
  const { name, [model]: engine } = definition;
  const bodies = samples[name] ?? [];
  const readings = bodies.map((body) => readSample(engine, body));
  const problems = [
    ...readings
      .filter(({ problem }) => problem !== undefined)
      .map(({ type, version, problem }) => `${type} version ${version} cannot be read: ${problem}`),
    ...versionsWithoutSample(engine, bodies).map(
      ({ type, version }) => `${type} version ${version} has no sample`,
    ),
  ];
  if (problems.length > 0) {
    throw new AssertionError({
      message: `Stored events of ${name}:\n${problems.map((problem) => `- ${problem}`).join("\n")}`,
      actual: problems,
      expected: [],
      operator: "deepStrictEqual",
      stackStartFn: assertUpcasts,
    });
  }
  return readings.map(({ type, version, became }) => {
    return { type, version, became: became as readonly TopicEventOf<Definition>[] };
  });
};
