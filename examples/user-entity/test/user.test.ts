import type { EventOf } from "@annals/core";
import { assertDecidesOnce, given } from "@annals/testing";
import { it } from "vitest";
import { User } from "../src/user.ts";

type UserEvent = EventOf<typeof User>;

const registered: UserEvent = { type: "UserRegistered", email: "ada@example.com", name: "Ada" };
const suspended: UserEvent = { type: "UserSuspended", reason: "spam" };
const ada = { email: "ada@example.com", name: "Ada", status: "active" } as const;

it("begins active", () => {
  const outcome = given(User).create({ email: "ada@example.com", name: "Ada" });
  outcome.then([registered]);
  outcome.thenState(ada);
});

it("changes its email, in case alone too", () => {
  for (const email of ["countess@example.com", "Ada@example.com"]) {
    const outcome = given(User, [registered]).when("changeEmail", email);
    outcome.then([{ type: "EmailChanged", email }]);
    outcome.thenState({ ...ada, email });
  }
});

it("changes its name", () => {
  const outcome = given(User, [registered]).when("rename", "Countess");
  outcome.then([{ type: "UserRenamed", name: "Countess" }]);
  outcome.thenState({ ...ada, name: "Countess" });
});

it("is suspended and reinstated", () => {
  const suspension = given(User, [registered]).when("suspend", "spam");
  suspension.then([suspended]);
  suspension.thenState({ ...ada, status: "suspended" });
  const reinstatement = given(User, [registered, suspended]).when("reinstate");
  reinstatement.then([{ type: "UserReinstated" }]);
  reinstatement.thenState(ada);
});

it("changes nothing while suspended", () => {
  const user = given(User, [registered, suspended]);
  user.when("changeEmail", "countess@example.com").thenRejected("suspended");
  user.when("rename", "Countess").thenRejected("suspended");
});

it("takes no malformed email and no empty name", () => {
  given(User).create({ email: "ada", name: "Ada" }).thenInvalid("email");
  given(User, [registered]).when("changeEmail", "ada").thenInvalid("email");
  given(User, [registered]).when("rename", "").thenInvalid("name");
});

it("decides nothing more when a command is repeated", () => {
  assertDecidesOnce(User, { given: [registered], when: ["changeEmail", "countess@example.com"] });
  assertDecidesOnce(User, { given: [registered], when: ["rename", "Countess"] });
  assertDecidesOnce(User, { given: [registered], when: ["suspend", "spam"] });
  assertDecidesOnce(User, { given: [registered, suspended], when: ["reinstate"] });
  given(User, [registered]).when("reinstate").thenAlreadyApplied();
  given(User, [registered, suspended]).when("suspend", "abuse").thenAlreadyApplied();
});
