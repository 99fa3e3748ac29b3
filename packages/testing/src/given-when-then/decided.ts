import {
  type AnyEntity,
  type AttemptOf,
  CommandRejectedError,
  EntityDeletedError,
  type EventOf,
  InvalidEventError,
  InvalidStateError,
} from "@annals/core";
import {
  type Ambient,
  decide,
  decideCreation,
  History,
  hydrate,
  model as modelKey,
} from "@annals/core/adapter";

/** What became of a decision, and what the entity is after it. */
export interface Decided<Definition extends AnyEntity> {
  readonly attempt: AttemptOf<Definition>;
  /** `undefined` for an entity that was not created. */
  readonly state: object | undefined;
  /** Every event, from the first one. */
  readonly history: readonly EventOf<Definition>[];
}

/** The id of a test's entity, and what its decisions see. */
export interface Surroundings extends Ambient {
  readonly id: string;
}

/** Fills in what a test does not care about, alike in every run. */
export const surroundings = (given: {
  readonly id?: string;
  readonly now?: Date;
  readonly newId?: () => string;
  readonly scope?: object;
}): Surroundings => {
  const { id = uuid(0), now = new Date("2020-01-01T00:00:00.000Z"), newId, scope } = given;
  let ids = 0;
  const nextId = (): string => {
    ids += 1;
    return uuid(ids);
  };
  return { id, now: () => now, newId: newId ?? nextId, scope };
};

const uuid = (number: number): string =>
  `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;

/** Decides a command over events as they would be read from a store. */
export const decideCommand = <Definition extends AnyEntity>(
  definition: Definition,
  events: readonly EventOf<Definition>[],
  around: Surroundings,
  command: string,
  args: readonly unknown[],
): Decided<Definition> => {
  const history = storedHistory(definition, events, around.id);
  return decided(decide(history, around, command, args), history);
};

/** Decides the first events of an entity. */
export const decideNew = <Definition extends AnyEntity>(
  definition: Definition,
  around: Surroundings,
  input: unknown,
): Decided<Definition> => {
  try {
    const history = decideCreation(definition[modelKey], around.id, around, input);
    return decided({ outcome: "executed", events: history.events }, history);
  } catch (error) {
    return { attempt: attemptOf(error) as AttemptOf<Definition>, state: undefined, history: [] };
  }
};

const decided = <Definition extends AnyEntity>(
  attempt: ReturnType<typeof decide>,
  { state, events }: History,
): Decided<Definition> => ({
  attempt: attempt as AttemptOf<Definition>,
  state,
  history: events as readonly EventOf<Definition>[],
});

const attemptOf = (error: unknown): ReturnType<typeof decide> => {
  if (error instanceof CommandRejectedError) {
    return { outcome: "rejected", code: error.reason, details: error.details };
  }
  if (error instanceof InvalidEventError || error instanceof InvalidStateError) {
    return { outcome: "invalid", error };
  }
  if (error instanceof EntityDeletedError) return { outcome: "deleted", error };
  throw error;
};

/** The events through their stored form and back, so that a test sees what production will. */
const storedHistory = (definition: AnyEntity, events: readonly object[], id: string): History => {
  const model = definition[modelKey];
  const history = new History(model, id);
  history.record("given", events);
  const stored = history.beginWrite()?.events ?? [];
  // Of a parent without children; those that have some come from a store.
  const children = Object.fromEntries(model.children.map(({ name }) => [name, []]));
  const bodies = stored.map(({ body }) => body);
  return hydrate(model, { id, version: stored.length, events: bodies, children });
};
