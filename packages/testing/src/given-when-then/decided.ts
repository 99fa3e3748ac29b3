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
  type History,
  hydrate,
  model as modelKey,
} from "@annals/core/adapter";
import {
  changedBelow,
  storedTree,
  type UntypedChanged,
  type UntypedChildren,
} from "./given-children.ts";

/** What became of a decision, and what the entity is after it. */
export interface Decided<Definition extends AnyEntity> {
  readonly attempt: AttemptOf<Definition>;
  /** `undefined` for an entity that was not created. */
  readonly state: object | undefined;
  /** Every event, from the first one. */
  readonly history: readonly EventOf<Definition>[];
  /** What it made of children. */
  readonly children: UntypedChanged;
}

/** The id of a test's entity, and what its decisions see. */
export interface Surroundings extends Ambient {
  readonly id: string;
  /** The children that it has. */
  readonly children: UntypedChildren | undefined;
}

/** Fills in what a test does not care about, alike in every run. */
export const surroundings = (given: {
  readonly id?: string;
  readonly now?: Date;
  readonly newId?: () => string;
  readonly scope?: object;
  readonly children?: UntypedChildren | undefined;
}): Surroundings => {
  const { now = new Date("2020-01-01T00:00:00.000Z"), newId, scope, children } = given;
  const { id = uuid(0) } = given;
  let ids = 0;
  const nextId = (): string => {
    ids += 1;
    return uuid(ids);
  };
  return { id, now: () => now, newId: newId ?? nextId, scope, children };
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
  const { id, children } = around;
  const model = definition[modelKey];
  const history = hydrate(model, storedTree(model, { id, events, children }));
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
    return {
      attempt: attemptOf(error) as AttemptOf<Definition>,
      state: undefined,
      history: [],
      children: {},
    };
  }
};

const decided = <Definition extends AnyEntity>(
  attempt: ReturnType<typeof decide>,
  history: History,
): Decided<Definition> => ({
  attempt: attempt as AttemptOf<Definition>,
  state: history.state,
  history: history.events as readonly EventOf<Definition>[],
  children: changedBelow(history),
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
