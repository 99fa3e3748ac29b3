const walked = new WeakSet<object>();

/**
 * Freezes plain objects and lists all the way down. Instances of classes are left as they are. What was
 * walked here is remembered: an object that merely is frozen may hold others that are not. Flat objects,
 * which most are, need no memory, and a WeakSet's entry costs more than all the rest.
 */
export const deepFreeze = <Value>(value: Value): Value => {
  if (!isObject(value)) return value;
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  Object.freeze(value);
  const nested = Object.values(value).filter(isObject);
  if (nested.length === 0 || walked.has(value)) return value;
  walked.add(value);
  for (const part of nested) deepFreeze(part);
  return value;
};

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
