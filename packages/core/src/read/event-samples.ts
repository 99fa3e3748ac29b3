import type { TopicModel } from "../define/any-topic.ts";
import type { JsonObject } from "../define/json-value.ts";
import { withoutPersonal } from "../define/personal-marks.ts";
import { describeIssues } from "../errors/annals-error.ts";
import { StoredEventError } from "../errors/read-errors.ts";
import { decodeEvent, isUpcast } from "./decode-event.ts";

/** Stored events kept beside the code, so that every version of them can be read in tests for ever. */
export interface EventSamples {
  readonly format: number;
  /** By the name of the entity or the topic, events as they are stored. */
  readonly samples: { readonly [topic: string]: readonly JsonObject[] };
}

/** A version of an event as it is stored. */
export interface StoredVersion {
  readonly type: string;
  readonly version: number;
}

/** What became of a sample: events of the newest versions, or what keeps it from being read. */
export interface SampleReading extends StoredVersion {
  readonly became: readonly { readonly type: string }[];
  /** Without values; `undefined` for one that can be read. */
  readonly problem: string | undefined;
}

/** Of which type and version a stored event is. */
export const storedVersionOf = ({ type, v = 1 }: JsonObject): StoredVersion => ({
  type: String(type),
  version: Number(v),
});

/** Reads a sample as what is stored is read. */
export const readSample = (model: TopicModel, body: JsonObject): SampleReading => {
  const stored = storedVersionOf(body);
  try {
    const decoded = decodeEvent(model, "sample", 1, withoutPersonal(body));
    return { ...stored, became: isUpcast(decoded) ? decoded : [decoded], problem: undefined };
  } catch (error) {
    if (!(error instanceof StoredEventError)) throw error;
    return { ...stored, became: [], problem: describeIssues(error.issues) };
  }
};

/**
 * The versions that only upcasters can read, and that no sample is of. A sample under an old name of an
 * event counts for its version, since that may never have been stored under the new one; and of every old
 * name there has to be one.
 */
export const versionsWithoutSample = (
  { storedTypes, events }: TopicModel,
  samples: readonly JsonObject[],
): readonly StoredVersion[] => {
  const nameOf = (type: string): string => storedTypes.get(type)?.newest ?? type;
  const known = samples.map(storedVersionOf);
  return [...storedTypes].flatMap(([type, { older, newest }]) => {
    if (newest !== undefined && !events.has(type)) {
      return known.some((one) => one.type === type) ? [] : [{ type, version: 1 }];
    }
    const versions = older.map((_, at) => ({ type, version: at + 1 }));
    return versions.filter(
      ({ version }) => !known.some((one) => nameOf(one.type) === type && one.version === version),
    );
  });
};
