const frozen = new WeakSet<object>();

/**
 * Freezes plain objects and lists all the way down. Instances of classes are left as they are. What was
 * frozen here is remembered: an object that merely is frozen may hold others that are not.
 */
export const deepFreeze = <Value>(value: Value): Value => {
  if (typeof value !== "object" || value === null || frozen.has(value)) return value;
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  frozen.add(Object.freeze(value));
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
};
