import type { AnyEntity, EventOf, IdOf, JsonObject } from "@annals/core";
import {
  type ChildOf,
  type ChildrenOf,
  type EntityModel,
  History,
  type StoredEntity,
} from "@annals/core/adapter";

/** The children that a test's entity has, by their kinds. */
export type GivenChildren<Definition extends AnyEntity> = {
  readonly [Kind in keyof ChildrenOf<Definition>]?: readonly GivenChild<
    ChildOf<ChildrenOf<Definition>[Kind]>
  >[];
};

/** A child of a test's entity: its events, and the children that it has itself. */
export interface GivenChild<Definition extends AnyEntity> {
  readonly id: IdOf<Definition>;
  readonly events: readonly [EventOf<Definition>, ...EventOf<Definition>[]];
  readonly children?: GivenChildren<Definition>;
}

/** What a decision made of children, by their kinds: those that it changed or created, by their ids. */
export type ChangedChildren<Definition extends AnyEntity> = {
  readonly [Kind in keyof ChildrenOf<Definition>]?: readonly ChangedChild<
    ChildOf<ChildrenOf<Definition>[Kind]>
  >[];
};

/** A child that was changed or created. */
export interface ChangedChild<Definition extends AnyEntity> {
  /** Which child; any where it is left out. */
  readonly id?: IdOf<Definition>;
  /** What the decision yielded of it. Default is nothing, where its own children alone were changed. */
  readonly events?: readonly EventOf<Definition>[];
  readonly children?: ChangedChildren<Definition>;
}

interface UntypedGiven {
  readonly id: string;
  readonly events: readonly object[];
  readonly children?: UntypedChildren | undefined;
}

export interface UntypedChildren {
  readonly [kind: string]: readonly UntypedGiven[] | undefined;
}

export interface UntypedChanged {
  readonly [kind: string]: readonly {
    readonly id?: string;
    readonly events: readonly object[];
    readonly children: UntypedChanged;
  }[];
}

/**
 * An entity of these events with these children in stored form, so that a test sees what production will.
 *
 * @throws InvalidEventError, InvalidStateError
 */
export const storedTree = (
  model: EntityModel,
  { id, events, children = {} }: UntypedGiven,
  parentId?: string,
): StoredEntity => {
  const history = new History(model, id, undefined, parentId);
  history.record("given", events);
  const bodies: readonly JsonObject[] = history.unwritten.map(({ body }) => body);
  const below = model.children.map((kind) => [
    kind.name,
    (children[kind.name] ?? [])
      .map((child) => storedTree(kind.model, child, id))
      .toSorted((one, other) => (one.id < other.id ? -1 : 1)),
  ]);
  return { id, version: bodies.length, events: bodies, children: Object.fromEntries(below) };
};

/** The children that a decision changed or created, in the order of a tree. */
export const changedBelow = ({ model, children }: History): UntypedChanged => {
  const kinds = model.children.map((kind) => {
    const members = [...(children.get(kind.name)?.values() ?? [])];
    const changed = members
      .map((child) => ({ id: child.id, events: child.pending, children: changedBelow(child) }))
      .filter((child) => child.events.length > 0 || Object.keys(child.children).length > 0);
    return [kind.name, changed] as const;
  });
  return Object.fromEntries(kinds.filter(([, changed]) => changed.length > 0));
};

/** What is expected, filled in; and what there is, without the ids that are not asked for. */
export const comparable = (
  actual: UntypedChanged,
  expected: ExpectedChanged,
): readonly [actual: object, expected: object] => [
  mapped(actual, (child, kind, at) => {
    const asked = expected[kind]?.[at];
    const { id, events } = child;
    const [children] = comparable(child.children, asked?.children ?? {});
    return asked !== undefined && asked.id === undefined
      ? { events, children }
      : { id, events, children };
  }),
  mapped(expected, ({ id, events = [], children = {} }) => ({
    ...(id !== undefined && { id }),
    events,
    children: comparable({}, children)[1],
  })),
];

export interface ExpectedChanged {
  readonly [kind: string]:
    | readonly {
        readonly id?: string;
        readonly events?: readonly object[];
        readonly children?: ExpectedChanged;
      }[]
    | undefined;
}

const mapped = <Child>(
  kinds: { readonly [kind: string]: readonly Child[] | undefined },
  map: (child: Child, kind: string, at: number) => object,
): object =>
  Object.fromEntries(
    Object.entries(kinds)
      .filter(([, children = []]) => children.length > 0)
      .map(([kind, children = []]) => [kind, children.map((child, at) => map(child, kind, at))]),
  );
