import * as z from "zod";
import type { $ZodType, $ZodTypes, input, output } from "zod/v4/core";
import { type Forgotten, forgotten, isForgotten } from "./forgotten.ts";
import { markedValue, PersonalValue } from "./personal-marks.ts";

/** By the inner side of what `personal()` made, which copies of a schema keep, the schema it was given. */
const made = new WeakMap<object, $ZodType>();

/**
 * Marks a field of an event, or of the state, as being about a person: it is never stored in the clear,
 * and can be forgotten. The definition says how, under `erasure`. Where it is read, it is the value or
 * `forgotten`.
 *
 * @example
 * events: {
 *   UserRegistered: z.object({ email: personal(z.email()), plan: z.string() }),
 *   UserForgotten: z.object({}),
 * },
 * erasure: { method: "crypto-shredding", event: "UserForgotten" },
 */
export const personal = <Schema extends $ZodType>(
  schema: Schema,
): z.ZodType<output<Schema> | Forgotten, input<Schema> | Forgotten> => {
  const stored = z.any();
  made.set(stored, schema);
  // Errors name the rule that does not hold, and nothing of the value, be it a key or a message's part.
  const marked = z.codec(stored, z.any(), {
    decode: (given, context) => {
      const found = markedValue(given);
      if (found.kind === "forgotten") return forgotten;
      if (found.kind === "unreadable") return refuse(context, found.problem);
      const decoded = z.safeDecode(schema, found.value as never);
      return decoded.success ? decoded.data : refuse(context, ruleOf(decoded.error));
    },
    encode: (value, context) => {
      if (isForgotten(value)) return forgotten;
      const encoded = z.safeEncode(schema, value as never);
      return encoded.success
        ? new PersonalValue(encoded.data)
        : refuse(context, ruleOf(encoded.error));
    },
  });
  return marked as unknown as z.ZodType<output<Schema> | Forgotten, input<Schema> | Forgotten>;
};

const ruleOf = ({ issues }: { readonly issues: readonly { readonly code?: string }[] }): string =>
  `does not fit its schema (${issues[0]?.code ?? "custom"})`;

const refuse = (
  context: { readonly issues: { push(issue: object): unknown } },
  message: string,
): never => {
  context.issues.push({ code: "custom", input: undefined, message });
  return z.NEVER;
};

/** The schema that `personal()` was given, for a schema that it made; also with checks or words added. */
export const personalSchema = (schema: $ZodType): $ZodType | undefined => {
  const { def } = (schema as $ZodTypes)._zod;
  return def.type === "pipe" ? made.get(def.in) : undefined;
};
