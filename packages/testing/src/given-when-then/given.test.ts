import { AssertionError } from "node:assert";
import { InvalidEventError, InvalidStateError } from "@annals/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { User } from "../../test/user.ts";
import { assertDecidesOnce } from "./assert-decides-once.ts";
import { given } from "./given.ts";

const since = new Date("2019-05-01T00:00:00.000Z");
const registered = { type: "UserRegistered", email: "ada@example.com", since } as const;
const suspended = { type: "UserSuspended", reason: "spam" } as const;

const failure = (assertion: () => void): AssertionError => {
  try {
    assertion();
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError);
    return error as AssertionError;
  }
  throw new Error("The assertion passed");
};

describe("given a past", () => {
  it("passes when the command yields the events", () => {
    given(User, [registered])
      .when("changeEmail", "countess@example.com")
      .then([{ type: "EmailChanged", email: "countess@example.com" }]);
    given(User, [registered])
      .when("suspend", "spam", true)
      .then([{ type: "EmailChanged", email: "forgotten@example.com" }, suspended]);
  });

  it("passes when the command is refused, with or without the details", () => {
    const outcome = given(User, [registered, suspended]).when("changeEmail", "x@example.com");
    outcome.thenRejected("suspended");
    outcome.thenRejected("suspended", { until: null });
    expect(outcome.attempt).toMatchObject({ outcome: "rejected", code: "suspended" });
  });

  it("passes when what is asked for held already", () => {
    given(User, [registered, suspended]).when("suspend", "again").thenAlreadyApplied();
  });

  it("passes when the events are invalid", () => {
    const outcome = given(User, [registered]).when("changeEmail", "no email");
    outcome.thenInvalid();
    outcome.thenInvalid("email");
    const visits = Array(3).fill({ type: "UserVisited" });
    given(User, [registered, ...visits])
      .when("visit")
      .thenInvalid("visits");
  });

  it("tells the state after the decision", () => {
    given(User, [registered]).when("changeEmail", "b@example.com").thenState({
      email: "b@example.com",
      since,
      status: "active",
      token: null,
      visits: 0,
    });
  });

  it("has a clock and ids that never change by themselves", () => {
    const at = new Date("2020-01-01T00:00:00.000Z");
    const token = "00000000-0000-7000-8000-000000000001";
    for (let turn = 0; turn < 2; turn += 1) {
      given(User, [registered])
        .when("issueToken")
        .then([{ type: "TokenIssued", token, at }]);
    }
  });

  it("takes a clock and ids of the test's own", () => {
    const now = new Date("2024-02-29T12:00:00.000Z");
    const token = "0190b6f0-0000-7000-8000-00000000000a";
    given(User, [registered], { now, newId: () => token })
      .when("issueToken")
      .then([{ type: "TokenIssued", token, at: now }]);
  });

  it("refuses events that could not have happened", () => {
    const impossible = { type: "EmailChanged", email: "no email" } as const;
    expect(() => given(User, [registered, impossible]).when("visit")).toThrow(InvalidEventError);
    const visits = Array(4).fill({ type: "UserVisited" });
    expect(() => given(User, [registered, ...visits]).when("visit")).toThrow(InvalidStateError);
  });
});

describe("given nothing", () => {
  it("decides the first events, with the test's clock", () => {
    const now = new Date("2024-02-29T12:00:00.000Z");
    given(User, { now })
      .create({ email: "ada@example.com" })
      .then([{ type: "UserRegistered", email: "ada@example.com", since: now }]);
  });

  it("passes when the creation is refused or invalid", () => {
    given(User)
      .create({ email: "eve@blocked.example" })
      .thenRejected("blocked", { domain: "blocked.example" });
    given(User).create({ email: "no email" }).thenInvalid("email");
  });
});

describe("a failed assertion", () => {
  it("shows the events that differ", () => {
    const outcome = given(User, [registered]).when("changeEmail", "a@example.com");
    const error = failure(() => outcome.then([{ type: "EmailChanged", email: "b@example.com" }]));
    expect(error.message).toContain("user.changeEmail had another outcome");
    expect(error.message).toMatch(/\+ .*a@example\.com/);
    expect(error.message).toMatch(/- .*b@example\.com/);
    expect(error.actual).toEqual({
      outcome: "executed",
      events: [{ type: "EmailChanged", email: "a@example.com" }],
    });
    expect(error.stack).toContain("given.test.ts");
  });

  it.each([
    ["events where a refusal was", () => rejected().then([suspended]), /rejected/],
    ["another code", () => rejected().thenRejected("blocked"), /suspended/],
    ["other details", () => rejected().thenRejected("suspended", { until: 1 }), /until/],
    ["no details", () => rejected().thenRejected("suspended", undefined), /until/],
    ["nothing to do where a refusal was", () => rejected().thenAlreadyApplied(), /rejected/],
    ["an invalid event where a refusal was", () => rejected().thenInvalid(), /rejected/],
    ["a refusal where an event was invalid", () => invalid().thenRejected("suspended"), /email/],
    ["another path", () => invalid().thenInvalid("reason"), /not there/],
    ["another state", () => rejected().thenState({} as never), /another state/],
  ])("tells %s", (_, assertion, message) => {
    expect(failure(assertion).message).toMatch(message);
  });

  it("tells that an outcome was awaited and nothing asserted", async () => {
    await expect(Promise.resolve(rejected())).rejects.toThrow(/takes a list of events/);
  });
});

const rejected = () => given(User, [registered, suspended]).when("changeEmail", "x@example.com");
const invalid = () => given(User, [registered]).when("changeEmail", "no email");

describe("assertDecidesOnce", () => {
  it("passes for a command that sees that it was done", () => {
    const emails = fc.property(fc.emailAddress(), fc.boolean(), (email, isSuspended) => {
      assertDecidesOnce(User, {
        given: isSuspended ? [registered, suspended] : [registered],
        when: ["changeEmail", email],
      });
    });
    fc.assert(emails);
    assertDecidesOnce(User, { given: [registered], when: ["suspend", "spam", true] });
  });

  it("fails for a command that does it again", () => {
    const again = () => assertDecidesOnce(User, { given: [registered], when: ["visit"] });
    const error = failure(again);
    expect(error.message).toMatch(/^user\.visit yields events again/);
    expect(error.actual).toEqual([{ type: "UserVisited" }]);
  });

  it("passes for a command that yields nothing in the first place", () => {
    assertDecidesOnce(User, { given: [registered], when: ["changeEmail", "no email"] });
  });
});
