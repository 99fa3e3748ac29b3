import type { EventOf } from "@annals/core";
import { expectTypeOf, test } from "vitest";
import { User } from "../../test/user.ts";
import { assertDecidesOnce } from "./assert-decides-once.ts";
import { given } from "./given.ts";

const registered = {
  type: "UserRegistered",
  email: "ada@example.com",
  since: new Date(0),
} as const;

test("events are those of the definition", () => {
  given(User, [registered, { type: "UserVisited" }]);
  // @ts-expect-error no event has this name
  given(User, [{ type: "UserForgotten" }]);
  // @ts-expect-error the payload of the event
  given(User, [{ type: "EmailChanged" }]);
  // @ts-expect-error an entity has a first event
  given(User, []);
});

test("commands take their own arguments", () => {
  const user = given(User, [registered]);
  user.when("suspend", "spam");
  user.when("suspend", "spam", true);
  user.when("visit");
  // @ts-expect-error no command has this name
  user.when("forget");
  // @ts-expect-error an argument is missing
  user.when("changeEmail");
  // @ts-expect-error an argument of another type
  user.when("changeEmail", 1);
  // @ts-expect-error an argument too many
  user.when("visit", "now");
});

test("expected events are those of the definition", () => {
  const outcome = given(User, [registered]).when("visit");
  expectTypeOf(outcome.then).parameter(0).items.toEqualTypeOf<EventOf<typeof User>>();
  // @ts-expect-error no event has this name
  outcome.then([{ type: "UserForgotten" }]);
  // @ts-expect-error a decision that yields nothing is alreadyApplied or rejected
  outcome.then([]);
  // @ts-expect-error a status that no user has
  outcome.thenState({ status: "gone" });
});

test("creation takes the definition's input, and there is nothing else to do", () => {
  given(User).create({ email: "ada@example.com" });
  // @ts-expect-error the input is wrong
  given(User).create({ name: "Ada" });
  // @ts-expect-error there is no input
  given(User).create();
  // @ts-expect-error there is no entity to command yet
  given(User).when;
  // @ts-expect-error an entity is not created twice
  given(User, [registered]).create;
});

test("assertDecidesOnce pairs a command with its arguments", () => {
  assertDecidesOnce(User, { given: [registered], when: ["suspend", "spam"] });
  // @ts-expect-error the arguments of another command
  assertDecidesOnce(User, { given: [registered], when: ["visit", "spam"] });
  // @ts-expect-error no command has this name
  assertDecidesOnce(User, { given: [registered], when: ["forget"] });
});
