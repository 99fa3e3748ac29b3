import * as z from "zod";
import { describeIssue, type Refused, refused } from "./outcome.ts";

// Whether an address is well-formed is for the entity to say. Its length is not: the database's
// indexes have no room for entries of some thousands of bytes, and RFC 5321 allows 254.
const email = z.string().max(254);

/** One line of the input, by `command`. Unknown fields are refused: a typo must not pass silently. */
const Command = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("register"), email, name: z.string() }),
  z.strictObject({ command: z.literal("changeEmail"), email, to: email }),
  z.strictObject({ command: z.literal("rename"), email, name: z.string() }),
  z.strictObject({ command: z.literal("suspend"), email, reason: z.string() }),
  z.strictObject({ command: z.literal("reinstate"), email }),
]);
export type Command = z.infer<typeof Command>;

/** Reads one line. */
export const parseCommand = (text: string): Command | Refused => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused("not-json", "The line is not JSON");
  }
  const parsed = Command.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  // The discriminator is what fits no member of the union.
  return issues[0]?.code === "invalid_union"
    ? refused("unknown-command", '"command" names no command')
    : refused("invalid-fields", describeIssue(issues));
};
