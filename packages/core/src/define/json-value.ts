import type { Issue } from "../errors/annals-error.ts";

/** What JSON can hold, and nothing that it would change. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/** Deeper values than this are refused, so that no recursion over stored data can overflow. */
const DEPTH_MAX = 100;

/** Signals the first part of a value that would not survive. Never leaves this module's callers. */
export class NotJsonError extends Error {
  readonly issue: Issue;
  constructor(path: readonly PropertyKey[], message: string) {
    super(message);
    this.issue = { path: [...path], message };
  }
}

/**
 * Copies a value into plain JSON, dropping keys that are `undefined` as `JSON.stringify` does.
 *
 * Refuses whatever PostgreSQL's jsonb or JavaScript's numbers would change or lose: U+0000 and lone
 * surrogates, `-0`, `NaN` and infinities, whole numbers beyond 2^53, `undefined` in a list, instances
 * of classes, and the key `__proto__`.
 *
 * @throws NotJsonError with the path of the first such part.
 */
export const toJson = (value: unknown): JsonValue => copy(value, []);

// One path is shared by the whole walk, so that nothing is allocated for values that are fine.
const copy = (value: unknown, path: PropertyKey[]): JsonValue => {
  switch (typeof value) {
    case "string":
      return checkText(value, path);
    case "number":
      return checkNumber(value, path);
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      if (path.length > DEPTH_MAX) throw new NotJsonError(path, `nested deeper than ${DEPTH_MAX}`);
      return Array.isArray(value) ? copyList(value, path) : copyObject(value, path);
    default:
      throw new NotJsonError(path, `${typeof value} cannot be stored as JSON`);
  }
};

const copyList = (list: readonly unknown[], path: PropertyKey[]): JsonValue =>
  Array.from(list, (item, index) => copyAt(item, index, path));

const copyObject = (object: object, path: PropertyKey[]): JsonObject => {
  if (!isPlain(object)) {
    const name = object.constructor?.name ?? "a class";
    throw new NotJsonError(path, `an instance of ${name} cannot be stored as JSON`);
  }
  const copied: Record<string, JsonValue> = {};
  for (const key of Object.keys(object)) {
    const item = (object as Record<string, unknown>)[key];
    if (item === undefined) continue;
    if (key === "__proto__") throw new NotJsonError([...path, key], "this key cannot be stored");
    copied[checkText(key, path)] = copyAt(item, key, path);
  }
  return copied;
};

const copyAt = (item: unknown, key: PropertyKey, path: PropertyKey[]): JsonValue => {
  path.push(key);
  const copied = copy(item, path);
  path.pop();
  return copied;
};

const checkText = (text: string, path: readonly PropertyKey[]): string => {
  if (text.includes("\u0000")) throw new NotJsonError(path, "contains U+0000");
  if (!text.isWellFormed()) throw new NotJsonError(path, "contains a lone surrogate");
  return text;
};

const checkNumber = (number: number, path: readonly PropertyKey[]): number => {
  if (!Number.isFinite(number)) throw new NotJsonError(path, "is not a finite number");
  if (Object.is(number, -0)) throw new NotJsonError(path, "is -0, which would become 0");
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    throw new NotJsonError(path, "is a whole number beyond 2^53");
  }
  return number;
};

/**
 * The path of the first key that `given` has and `kept` has not: what a schema would strip.
 * Anything but plain objects and lists is the schema's own affair.
 */
export const findLostKey = (given: unknown, kept: unknown): PropertyKey[] | undefined => {
  if (!isContainer(given) || !isContainer(kept)) return undefined;
  for (const key of Object.keys(given)) {
    const item = given[key];
    if (item === undefined) continue;
    if (!Object.hasOwn(kept, key)) return [key];
    const lost = findLostKey(item, kept[key]);
    if (lost !== undefined) return [key, ...lost];
  }
  return undefined;
};

const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && (Array.isArray(value) || isPlain(value));

/** Whether an object is a record of data: a literal or what JSON gives, no instance of a class. */
export const isPlain = (object: object): boolean => {
  const prototype = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null;
};
