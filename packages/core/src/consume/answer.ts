declare const answered: unique symbol;

/** What a handler may answer instead of nothing. Make one with the functions beside it. */
export type Answer = { readonly [answered]: true };

/** An answer as the engine reads it. */
export type GivenAnswer =
  | { readonly kind: "skip"; readonly reason: string }
  | { readonly kind: "later"; readonly ms: number }
  | { readonly kind: "stop"; readonly reason: string };

const answers = new WeakMap<object, GivenAnswer>();

const answer = (given: GivenAnswer): Answer => {
  const made = Object.freeze({ ...given });
  answers.set(made, given);
  return made as unknown as Answer;
};

/** Passes over the event: it is kept as a discarded dead letter with this reason. What the handler wrote stays. */
export const skipEvent = (reason: string): Answer => answer({ kind: "skip", reason });

/** Has the event come again after so many milliseconds. Later events of its entity or key wait with it. */
export const retryLater = (ms: number): Answer => answer({ kind: "later", ms });

/** Ends the run in this process before the event, which stays unhandled. */
export const stopConsumer = (reason: string): Answer => answer({ kind: "stop", reason });

export const answerOf = (returned: unknown): GivenAnswer | undefined =>
  typeof returned === "object" && returned !== null ? answers.get(returned) : undefined;
