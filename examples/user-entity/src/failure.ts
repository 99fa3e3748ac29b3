import { AnnalsError } from "@annals/core";
import { printable } from "./report.ts";

/** Says what went wrong, what to do, and what lies behind it; no stack, which is for bugs. */
export const describeFailure = (error: unknown): string => {
  const lines: string[] = [];
  for (let next: unknown = error; next !== undefined; ) {
    lines.push(`${lines.length === 0 ? "error" : "  cause"}: ${printable(messageOf(next))}`);
    if (next instanceof AnnalsError) lines.push(`  hint: ${next.hint}`);
    next = next instanceof Error ? next.cause : undefined;
  }
  return `${lines.join("\n")}\n`;
};

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // What Node throws when no address of a host answers has a code, and no message.
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
};
