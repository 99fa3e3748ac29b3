import type { $ZodObject } from "zod/v4/core";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { checkEventName, checkPayload } from "./event-checks.ts";
import { type PayloadCodec, payloadCodec } from "./payload-codec.ts";
import type { OldVersion } from "./upcast.ts";

/** One version of an event that is not written any more. */
export interface OldVersionModel {
  readonly schema: $ZodObject;
  readonly codec: PayloadCodec;
  /** What the upcaster returns: the stored payload of the next version, or events at their newest ones. */
  readonly becomes: "payload" | "events";
  readonly upcast: (payload: never) => unknown;
}

/** What may be stored under one event type beside the version that is written. */
export interface StoredType {
  /** Version 1 first. */
  readonly older: readonly OldVersionModel[];
  /** The event that follows the last of them; `undefined` where they lead to other events. */
  readonly newest: string | undefined;
  /** Every event type that some version may become, as far as the definition tells. */
  readonly becomes: readonly string[] | "any";
}

/** The parts of a definition that say what else is stored. */
export interface VersionSource {
  readonly name: string;
  readonly events: Readonly<Record<string, $ZodObject>>;
  readonly versions?: Readonly<Record<string, readonly OldVersion[]>>;
  readonly renamed?: Readonly<Record<string, string>>;
  readonly retired?: Readonly<Record<string, readonly OldVersion[]>>;
}

/** By stored event type, those of which more than the newest version may be stored. */
export type StoredTypes = ReadonlyMap<string, StoredType>;

/** Checks what a definition says of older events, and builds how they are read. */
export const storedTypes = (source: VersionSource): StoredTypes => {
  const { versions = {}, renamed = {}, retired = {} } = source;
  const types = new Map<string, StoredType>();
  for (const [type, list] of Object.entries(versions)) {
    if (!Object.hasOwn(source.events, type)) {
      throw invalid(
        source,
        `versions has "${type}", which is no event`,
        "Declare the event, or move its versions to retired.",
      );
    }
    types.set(type, storedType(type, oldVersions(source, type, list), type));
  }
  for (const [type, list] of Object.entries(retired)) {
    checkOldName(source, type);
    const older = oldVersions(source, type, list);
    if (older.at(-1)?.becomes !== "events") {
      throw invalid(
        source,
        `the last version of the retired event "${type}" becomes no event`,
        "Make it with upcastToEvents(), whose upcaster may return an empty list.",
      );
    }
    types.set(type, storedType(type, older, undefined));
  }
  for (const [type, newest] of Object.entries(renamed)) {
    checkOldName(source, type);
    if (!Object.hasOwn(source.events, newest)) {
      throw invalid(
        source,
        `"${type}" was renamed to "${newest}", which is no event`,
        `Name one of ${Object.keys(source.events).join(", ")}.`,
      );
    }
    if (Object.hasOwn(retired, type)) {
      throw invalid(
        source,
        `"${type}" is both renamed and retired`,
        "Keep one: retired where it became something else than one event.",
      );
    }
    types.set(type, storedType(type, types.get(newest)?.older ?? [], newest));
  }
  return types;
};

/** The version of an event that is written: one more than there are older ones. */
export const newestVersion = (stored: StoredTypes, type: string): number =>
  (stored.get(type)?.older.length ?? 0) + 1;

/** Every event type that may be stored, those that are written first. */
export const allTypes = (
  events: Readonly<Record<string, $ZodObject>>,
  stored: StoredTypes,
): readonly string[] => [...new Set([...Object.keys(events), ...stored.keys()])];

const storedType = (
  type: string,
  older: readonly OldVersionModel[],
  newest: string | undefined,
): StoredType => ({
  older,
  newest,
  becomes: older.some(({ becomes }) => becomes === "events") ? "any" : [newest ?? type],
});

const oldVersions = (
  source: VersionSource,
  type: string,
  list: readonly OldVersion[],
): readonly OldVersionModel[] => {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalid(
      source,
      `the versions of "${type}" are no list, or an empty one`,
      "List every version that was stored, the oldest first.",
    );
  }
  return list.map((version: OldVersion | undefined, at) => {
    if (typeof version?.upcast !== "function") {
      throw invalid(
        source,
        `version ${at + 1} of "${type}" has no upcaster`,
        "Make it with upcast() or upcastToEvents().",
      );
    }
    checkPayload(source.name, `${type}, version ${at + 1}`, version.schema);
    const { schema, becomes, upcast } = version;
    return { schema, codec: payloadCodec(schema), becomes, upcast };
  });
};

const checkOldName = (source: VersionSource, type: string): void => {
  checkEventName(source.name, type);
  if (!Object.hasOwn(source.events, type)) return;
  throw invalid(
    source,
    `"${type}" is an event, and an old name as well`,
    "An event's older versions belong in versions.",
  );
};

const invalid = ({ name }: VersionSource, problem: string, hint: string): InvalidDefinitionError =>
  new InvalidDefinitionError(name, problem, hint);
