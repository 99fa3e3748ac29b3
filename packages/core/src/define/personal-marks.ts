import type { Forgotten } from "./forgotten.ts";
import { forgotten, isForgotten } from "./forgotten.ts";
import { isPlain, type JsonObject, type JsonValue, NotJsonError } from "./json-value.ts";

/*
 * Where a value is personal, JSON says so, whatever union, list or record it stands in: by an object with
 * one of these keys, which nothing else in the JSON of a definition with personal fields may have.
 */

/** In this process: `{"$personal": value}`, the value in its stored form. Never stored. */
export const PERSONAL = "$personal";
/** In a database, a file or a log: `{"$sealed": …}`, from which only those with the key get the value. Storage format. */
export const SEALED = "$sealed";
/** In both: `{"$forgotten": true}`, where there is no value any more. Storage format. */
export const FORGOTTEN = "$forgotten";
/** In this process: `{"$unreadable": reason}`, where a sealed value should be readable and is not. */
export const UNREADABLE = "$unreadable";

const MARKS: readonly string[] = [PERSONAL, SEALED, FORGOTTEN, UNREADABLE];

export const FORGOTTEN_MARK: JsonObject = Object.freeze({ [FORGOTTEN]: true });

/** A personal value on its way into JSON. A class of our own, so that no data can pass for one. */
export class PersonalValue {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/** Deeper values than this are refused by those who store them. */
const DEPTH_MAX = 100;

/**
 * Copies an encoded value with marks in place of personal values.
 *
 * @throws NotJsonError where data has a key that marks have.
 */
export const withMarks = (value: unknown, path: readonly PropertyKey[] = []): unknown => {
  if (typeof value !== "object" || value === null || path.length > DEPTH_MAX) return value;
  if (isForgotten(value)) return FORGOTTEN_MARK;
  if (value instanceof PersonalValue) return { [PERSONAL]: withMarks(value.value, path) };
  if (Array.isArray(value)) return Array.from(value, (item, at) => withMarks(item, [...path, at]));
  if (!isPlain(value)) return value;
  const taken = Object.keys(value).find((key) => MARKS.includes(key));
  if (taken !== undefined) throw new NotJsonError([...path, taken], "is a reserved name");
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withMarks(item, [...path, key])]),
  );
};

/** What a marked place holds. */
export type MarkedValue =
  | { readonly kind: "there"; readonly value: unknown }
  | { readonly kind: "forgotten"; readonly value: Forgotten }
  /** It was sealed, and could not be opened. The problem is a sentence's end, without values. */
  | { readonly kind: "unreadable"; readonly problem: string };

/** Reads what stands in a personal place: a mark, or a value that no codec of ours wrote. */
export const markedValue = (stored: unknown): MarkedValue => {
  if (isForgotten(stored)) return { kind: "forgotten", value: forgotten };
  const [mark, value] = markOf(stored) ?? [];
  switch (mark) {
    case PERSONAL:
      return { kind: "there", value };
    case FORGOTTEN:
      return { kind: "forgotten", value: forgotten };
    case SEALED:
      return { kind: "unreadable", problem: "is sealed, and was read without its keys" };
    case UNREADABLE:
      return { kind: "unreadable", problem: String(value) };
    default:
      return { kind: "there", value: stored };
  }
};

const markOf = (value: unknown): readonly [mark: string, value: unknown] | undefined => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const [first, ...more] = Object.keys(value);
  if (first === undefined || more.length > 0 || !MARKS.includes(first)) return undefined;
  return [first, (value as Record<string, unknown>)[first]];
};

/** Stored JSON for those who are not to see what is personal: nothing is where it was. */
export const withoutPersonal = (stored: JsonObject): JsonObject =>
  replaceMarks(stored, SEALED, () => FORGOTTEN_MARK) as JsonObject;

/** A mark in JSON, and where it is. */
export interface FoundMark {
  readonly path: readonly (string | number)[];
  readonly value: JsonValue;
}

/** The marks of one kind in JSON, in the order in which `replaceMarks` comes to them. */
export const findMarks = (json: JsonValue, mark: string): readonly FoundMark[] => {
  const found: FoundMark[] = [];
  walk(json, [], mark, found);
  return found;
};

const walk = (
  json: JsonValue,
  path: readonly (string | number)[],
  mark: string,
  found: FoundMark[],
): void => {
  if (typeof json !== "object" || json === null) return;
  if (Array.isArray(json)) {
    for (const [at, item] of json.entries()) walk(item, [...path, at], mark, found);
    return;
  }
  const [which, value] = markOf(json) ?? [];
  if (which === mark) {
    found.push({ path, value: value as JsonValue });
  } else if (which === undefined) {
    for (const [key, item] of Object.entries(json)) walk(item, [...path, key], mark, found);
  }
};

/** Copies JSON with the marks of one kind replaced; what holds none of them is not copied. */
export const replaceMarks = (
  json: JsonValue,
  mark: string,
  replace: (value: JsonValue) => JsonValue,
): JsonValue => {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) {
    const items = json.map((item) => replaceMarks(item, mark, replace));
    return items.every((item, at) => item === json[at]) ? json : items;
  }
  const [which, value] = markOf(json) ?? [];
  if (which === mark) return replace(value as JsonValue);
  if (which !== undefined) return json;
  const members = Object.entries(json).map(([key, item]): [string, JsonValue] => [
    key,
    replaceMarks(item, mark, replace),
  ]);
  const same = members.every(([key, item]) => item === (json as JsonObject)[key]);
  return same ? json : Object.fromEntries(members);
};
