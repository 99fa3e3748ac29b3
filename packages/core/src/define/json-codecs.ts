import * as z from "zod";

/**
 * A `Date` in events and states, stored as an ISO 8601 string in UTC with milliseconds.
 * As an index column it is a timestamp.
 */
export const jsonDate = (): z.ZodCodec<z.ZodISODateTime, z.ZodDate> =>
  z.codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  });

/** A `bigint` in events and states, stored as a decimal string. As an index column it is numeric. */
export const jsonBigInt = (): z.ZodCodec<z.ZodString, z.ZodBigInt> =>
  z.codec(z.string().regex(/^-?\d+$/), z.bigint(), {
    decode: (text) => BigInt(text),
    encode: (value) => value.toString(),
  });
