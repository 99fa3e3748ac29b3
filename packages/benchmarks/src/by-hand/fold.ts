/** What a user's events come to. */
export interface Folded {
  readonly email: string;
  readonly name: string;
}

/** Folds stored events as one would by hand: without a schema or a check. */
export const fold = (events: readonly Partial<Folded>[]): Folded =>
  events.reduce<Folded>((state, { email = state.email, name = state.name }) => ({ email, name }), {
    email: "",
    name: "",
  });
