import { isPlain, NotJsonError } from "../define/json-value.ts";

/** Deeper values than this are refused, so that a value that contains itself does not overflow. */
const DEPTH_MAX = 100;

/**
 * One text for all values that mean the same, and different texts for those that do not. The order of
 * keys does not count, nor does a key that is `undefined`. For JSON it is JSON in the canonical form of
 * RFC 8785, which keeps `-0` here; dates, bigints and `undefined` have forms of their own.
 *
 * @throws NotJsonError with the path of the first part that cannot be compared, such as an instance of a
 * class or a function.
 */
export const canonicalText = (value: unknown): string => textOf(value, []);

const textOf = (value: unknown, path: PropertyKey[]): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      return value === null ? "null" : objectText(value, path);
    default:
      throw new NotJsonError(path, `a ${typeof value} cannot be compared`);
  }
};

const objectText = (object: object, path: PropertyKey[]): string => {
  if (path.length > DEPTH_MAX) throw new NotJsonError(path, `nested deeper than ${DEPTH_MAX}`);
  if (Array.isArray(object)) {
    return `[${Array.from(object, (item, at) => textAt(item, at, path)).join(",")}]`;
  }
  if (object instanceof Date) return `Date(${object.getTime()})`;
  if (!isPlain(object)) {
    const name = object.constructor?.name ?? "a class";
    throw new NotJsonError(path, `an instance of ${name} cannot be compared`);
  }
  const record = object as Record<string, unknown>;
  const keys = Object.keys(record).filter((key) => record[key] !== undefined);
  const members = keys
    .sort()
    .map((key) => `${textOf(key, path)}:${textAt(record[key], key, path)}`);
  return `{${members.join(",")}}`;
};

const textAt = (item: unknown, key: PropertyKey, path: PropertyKey[]): string => {
  path.push(key);
  const text = textOf(item, path);
  path.pop();
  return text;
};
