import type { AnyEntity, CreateInputOf, EventOf, IdOf, ScopeOf } from "@annals/core";
import type { CommandsOf } from "@annals/core/adapter";
import { decideCommand, decideNew, type Surroundings, surroundings } from "./decided.ts";
import type { GivenChildren } from "./given-children.ts";
import { Outcome } from "./outcome.ts";

/** What decisions see beside the events. */
export interface GivenOptions<Definition extends AnyEntity> {
  /** The entity's id. Default is `00000000-0000-7000-8000-000000000000`. */
  readonly id?: IdOf<Definition>;
  /** The time of the decision. Default is the first moment of 2020, UTC. */
  readonly now?: Date;
  /** Makes the ids that decisions ask for. Default counts upwards from `…-000000000001`. */
  readonly newId?: () => string;
  /** The scope that the entity is created in, where its definition declares one. */
  readonly scope?: ScopeOf<Definition>;
}

/** What an entity has beside its events. */
export interface GivenPast<Definition extends AnyEntity> extends GivenOptions<Definition> {
  /** The children that it has, each with its events. Default is none. */
  readonly children?: GivenChildren<Definition>;
}

/** The events of a test's entity: the first one that created it, and those that followed. */
export type GivenEvents<Definition extends AnyEntity> = readonly [
  EventOf<Definition>,
  ...EventOf<Definition>[],
];

/** An entity that has a past. */
export interface GivenEntity<Definition extends AnyEntity> {
  /** Decides a command. */
  when<Command extends keyof CommandsOf<Definition> & string>(
    command: Command,
    ...args: CommandsOf<Definition>[Command]
  ): Outcome<Definition>;
}

/** Nothing yet. */
export interface GivenNothing<Definition extends AnyEntity> {
  /** Decides the first events. */
  create(
    ...args: unknown extends CreateInputOf<Definition>
      ? [input?: undefined]
      : [input: CreateInputOf<Definition>]
  ): Outcome<Definition>;
}

/**
 * Begins a test of a definition's decisions, without a store and without a test framework.
 *
 * @example
 * given(User, [{ type: "UserRegistered", email: "ada@example.com", name: "Ada" }])
 *   .when("changeEmail", "countess@example.com")
 *   .then([{ type: "EmailChanged", email: "countess@example.com" }]);
 * @example
 * given(Order, [opened], { children: { lines: [{ id: PEN, events: [added] }] } })
 *   .when("changeQuantity", PEN, 3)
 *   .thenChildren({ lines: [{ id: PEN, events: [{ type: "QuantityChanged", quantity: 3 }] }] });
 * @throws InvalidEventError, InvalidStateError for given events that could not have happened.
 */
export function given<Definition extends AnyEntity>(
  definition: Definition,
  events: GivenEvents<Definition>,
  options?: GivenPast<Definition>,
): GivenEntity<Definition>;
export function given<Definition extends AnyEntity>(
  definition: Definition,
  options?: GivenOptions<Definition>,
): GivenNothing<Definition>;
export function given<Definition extends AnyEntity>(
  definition: Definition,
  eventsOrOptions: GivenEvents<Definition> | GivenOptions<Definition> = {},
  options: GivenPast<Definition> = {},
): GivenEntity<Definition> | GivenNothing<Definition> {
  return isList(eventsOrOptions)
    ? givenEntity(definition, eventsOrOptions, surroundings(options))
    : givenNothing(definition, surroundings(eventsOrOptions));
}

const isList = <List extends readonly unknown[]>(given: List | object): given is List =>
  Array.isArray(given);

const givenEntity = <Definition extends AnyEntity>(
  definition: Definition,
  events: readonly EventOf<Definition>[],
  around: Surroundings,
): GivenEntity<Definition> => ({
  when: (command, ...args) =>
    new Outcome(definition.name, command, decideCommand(definition, events, around, command, args)),
});

const givenNothing = <Definition extends AnyEntity>(
  definition: Definition,
  around: Surroundings,
): GivenNothing<Definition> => ({
  create: (input?: unknown) =>
    new Outcome(definition.name, "create", decideNew(definition, around, input)),
});
