/** What a command may look at that does not look into the history. */
export interface StateView<State, Id extends string = string> {
  readonly id: Id;
  /** The events folded, pending ones included. Frozen. */
  readonly state: State;
  /** How many of the entity's events are stored; pending ones do not count. */
  readonly version: number;
  /** Whether it is deleted, pending events included. `false` where no lifecycle is declared. */
  readonly isDeleted: boolean;
  /** The time of the decision, from the repository's clock. */
  readonly now: Date;
  /** A new UUIDv7, from the repository's id source. */
  readonly newId: () => string;
}

/** All that a command may look at. Nothing else is ambient, so a decision is a pure function. */
export interface CommandView<State, Event, Id extends string = string>
  extends StateView<State, Id> {
  /** Every event from the first one, pending ones last. Frozen. */
  readonly history: readonly Event[];
}

/** What `create` may look at beside its input. */
export interface CreateView<Scope = unknown, Id extends string = string> {
  readonly id: Id;
  /** The scope that the entity is created in; `undefined` where its definition declares none. */
  readonly scope: Scope;
  readonly now: Date;
  readonly newId: () => string;
}
