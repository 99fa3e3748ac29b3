import { isPlain } from "../define/json-value.ts";

const walked = new WeakSet<object>();

/** Properties that hide a date's setters: freezing one alone does not keep it from being set. */
const READ_ONLY_DATE: PropertyDescriptorMap = Object.fromEntries(
  Object.getOwnPropertyNames(Date.prototype)
    .filter((name) => name.startsWith("set"))
    .map((name) => [
      name,
      {
        value: () => {
          throw new TypeError(`Cannot call ${name} on a date of an entity: it is read-only`);
        },
      },
    ]),
);

/**
 * Freezes plain objects, lists and dates all the way down. Instances of other classes, which codecs of
 * the definition's own may make, are left as they are. What was
 * walked here is remembered: an object that merely is frozen may hold others that are not. Flat objects,
 * which most are, need no memory, and a WeakSet's entry costs more than all the rest.
 */
export const deepFreeze = <Value>(value: Value): Value => {
  if (!isObject(value)) return value;
  if (Object.getPrototypeOf(value) === Date.prototype) {
    return Object.isFrozen(value)
      ? value
      : Object.freeze(Object.defineProperties(value, READ_ONLY_DATE));
  }
  if (!Array.isArray(value) && !isPlain(value)) return value;
  Object.freeze(value);
  const parts = Object.values(value);
  if (!parts.some(isObject) || walked.has(value)) return value;
  walked.add(value);
  for (const part of parts) deepFreeze(part);
  return value;
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
