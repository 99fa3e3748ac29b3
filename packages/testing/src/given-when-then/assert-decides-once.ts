import { AssertionError } from "node:assert";
import type { AnyEntity } from "@annals/core";
import type { CommandsOf } from "@annals/core/adapter";
import { decideCommand, surroundings } from "./decided.ts";
import type { GivenEvents, GivenOptions } from "./given.ts";

/** One decision: over which events, which command, with which arguments. */
export type Decision<Definition extends AnyEntity> = {
  [Command in keyof CommandsOf<Definition> & string]: {
    readonly given: GivenEvents<Definition>;
    readonly when: readonly [command: Command, ...args: CommandsOf<Definition>[Command]];
  };
}[keyof CommandsOf<Definition> & string];

/**
 * Asserts that a command which yields events yields none when it is decided a second time, over the
 * events of the first: repeating it, as a retry does, changes nothing more. A command that yields no
 * events in the first place passes.
 *
 * @example
 * // With fast-check, for any email:
 * fc.assert(fc.property(fc.emailAddress(), (email) =>
 *   assertDecidesOnce(User, { given: [registered], when: ["changeEmail", email] }),
 * ));
 */
export const assertDecidesOnce = <Definition extends AnyEntity>(
  definition: Definition,
  { given, when: [command, ...args] }: Decision<Definition>,
  options: GivenOptions<Definition> = {},
): void => {
  const around = surroundings(options);
  const first = decideCommand(definition, given, around, command, args);
  if (first.attempt.outcome !== "executed") return;
  const { attempt } = decideCommand(definition, first.history, around, command, args);
  if (attempt.outcome !== "executed") return;
  throw new AssertionError({
    message: `${definition.name}.${command} yields events again when it is decided a second time`,
    actual: attempt.events,
    expected: [],
    operator: "deepStrictEqual",
    stackStartFn: assertDecidesOnce,
  });
};
