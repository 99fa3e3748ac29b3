/** The parts of an error that a reader acts on. */
export interface ErrorText {
  /** One factual line; never carries a value that a user entered. */
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly hint: string;
}

/**
 * The base of every error that Annals throws on purpose.
 *
 * `code` is stable across releases, so branch on it (or on the class); `message` and `hint` may be
 * reworded. What the driver or the schema library threw is kept as `cause`.
 */
export abstract class AnnalsError extends Error {
  abstract readonly code: `ANNALS_${string}`;
  readonly hint: string;

  /** Whether the same call may succeed when it is simply repeated. Default is `false`. */
  readonly retryable: boolean = false;

  /** Which member of the list it was about, counted from 0, when a call over several entities threw it. */
  readonly batchIndex: number | undefined = undefined;

  constructor(text: ErrorText, options?: ErrorOptions) {
    super(text.message, options);
    this.name = new.target.name;
    this.hint = text.hint;
  }
}

/** Says which member of a list an error is about. */
export const atBatchIndex = <Thrown extends AnnalsError>(error: Thrown, index: number): Thrown =>
  Object.assign(error, { batchIndex: index });

/** One thing that is wrong with a value, and where in the value it is. */
export interface Issue {
  /** Keys and array positions from the root of the value, for example `["lines", 0, "sku"]`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong there. Names types and rules, never the value. */
  readonly message: string;
}

/** Renders issues as `email: Invalid email address; lines.0.sku: …`. */
export const describeIssues = (issues: readonly Issue[]): string =>
  issues.map(({ path, message }) => `${formatPath(path)}: ${message}`).join("; ");

const formatPath = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? "(the whole value)" : path.map(String).join(".");
