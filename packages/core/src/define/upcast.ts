import type { $ZodObject, output } from "zod/v4/core";
import type { LiteralHint } from "./definition-types.ts";

/** A version of an event that is stored, but not written any more, and what it becomes. */
export interface OldVersion<
  Schema extends $ZodObject = $ZodObject,
  Becomes extends "payload" | "events" = "payload" | "events",
  Next = unknown,
> {
  readonly schema: Schema;
  readonly becomes: Becomes;
  readonly upcast: (payload: Readonly<output<Schema>>) => Next;
}

/**
 * A version of an event that is not written any more, and the upcaster that turns its payload into the
 * stored payload of the next version: what the next version's schema reads. Pure.
 *
 * @example
 * versions: {
 *   EmailChanged: [upcast(z.object({ mail: z.email() }), ({ mail }) => ({ email: mail }))],
 * }
 */
export const upcast = <Schema extends $ZodObject, Next extends object | LiteralHint>(
  schema: Schema,
  upcaster: (payload: Readonly<output<Schema>>) => Next,
): OldVersion<Schema, "payload", Next> =>
  Object.freeze({ schema, becomes: "payload", upcast: upcaster });

/**
 * A version of an event that is not written any more, and the upcaster that turns its payload into events
 * of the same definition at their newest versions: several, one of another type, or none. Pure.
 *
 * @example
 * retired: {
 *   ContactChanged: [
 *     upcastToEvents(z.object({ email: z.email(), name: z.string() }), ({ email, name }) => [
 *       { type: "EmailChanged", email },
 *       { type: "Renamed", name },
 *     ]),
 *   ],
 * }
 */
export const upcastToEvents = <
  Schema extends $ZodObject,
  Next extends readonly ({ readonly type: string } | LiteralHint)[],
>(
  schema: Schema,
  upcaster: (payload: Readonly<output<Schema>>) => Next,
): OldVersion<Schema, "events", Next> =>
  Object.freeze({ schema, becomes: "events", upcast: upcaster });
