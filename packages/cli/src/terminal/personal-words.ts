import { isForgotten, type JsonObject, type JsonValue } from "@annals/core";
import { FORGOTTEN, PERSONAL, replaceMarks } from "@annals/core/adapter";

/** What stands in the output where a personal value is not shown. */
const wordFor = (isShown: boolean): string => (isShown ? "[forgotten]" : "[personal]");

/** State and events for the output: a word where a value is forgotten, or not to be seen. */
export const withWords = (value: unknown, isShown: boolean): unknown => {
  if (isForgotten(value)) return wordFor(isShown);
  if (Array.isArray(value)) return value.map((item) => withWords(item, isShown));
  if (typeof value !== "object" || value === null || !isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withWords(item, isShown)]),
  );
};

const isRecord = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** The same for a stored event that was opened. */
export const bodyWithWords = (body: JsonObject, isShown: boolean): JsonObject => {
  const open = replaceMarks(body, PERSONAL, (value): JsonValue => value);
  return replaceMarks(open, FORGOTTEN, () => wordFor(isShown)) as JsonObject;
};
