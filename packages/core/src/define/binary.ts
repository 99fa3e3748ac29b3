import * as z from "zod";

const made = new WeakSet<object>();

/**
 * Binary data as a field of an event of a topic of its own: `z.object({ page: z.int(), image: binary() })`.
 * One field of an event at most, at the top of it; it is stored as bytes beside the event's JSON.
 */
export const binary = (): z.ZodType<Uint8Array, Uint8Array> => {
  const schema = z.instanceof(Uint8Array);
  made.add(schema);
  return schema;
};

/** Whether a schema was made by `binary()`. */
export const isBinary = (schema: object): boolean => made.has(schema);
