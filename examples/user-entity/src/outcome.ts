import type { Issue } from "@annals/core";

/** What became of one line. */
export type Outcome =
  | { readonly kind: "applied" }
  /** What it asks for held already, so that nothing was appended. */
  | { readonly kind: "alreadyApplied" }
  | Refused;

export interface Refused {
  readonly kind: "refused";
  /** A stable code, to count by. */
  readonly reason: string;
  readonly message: string;
}

export const refused = (reason: string, message: string): Refused => ({
  kind: "refused",
  reason,
  message,
});

/** The first of zod's issues, as a few words: `name: expected string, received number`. */
export const describeIssue = (issues: readonly Issue[]): string => {
  const [issue] = issues;
  const place = issue?.path.length ? `${issue.path.map(String).join(".")}: ` : "";
  return `${place}${issue?.message.replace(/^Invalid input: /, "") ?? "invalid"}`;
};
