import type { StartPlace } from "./consumer-store.ts";

/** Whether a value is a place at all, where types no longer help. */
export const isPlace = (place: unknown): place is StartPlace => {
  if (place === "beginning" || place === "now") return true;
  if (typeof place !== "object" || place === null || Object.keys(place).length !== 1) return false;
  const { time, position, consumer } = place as Readonly<Record<string, unknown>>;
  if (time !== undefined) return time instanceof Date && !Number.isNaN(time.getTime());
  if (position !== undefined) return Number.isSafeInteger(position) && Number(position) >= 0;
  return typeof consumer === "string";
};
