import { assertDecidesOnce, given } from "@annals/testing";
import { describe, it } from "vitest";
import { User } from "./user.ts";

// #region decisions
const registered = { type: "UserRegistered", email: "ada@example.com", name: "Ada" } as const;
const suspended = { type: "UserSuspended", reason: "spam" } as const;

describe("a user", () => {
  it("is registered", () => {
    given(User).create({ email: "ada@example.com", name: "Ada" }).then([registered]);
  });

  it("changes the email", () => {
    given(User, [registered])
      .when("changeEmail", "countess@example.com")
      .then([{ type: "EmailChanged", email: "countess@example.com" }]);
  });

  it("keeps it while suspended", () => {
    given(User, [registered, suspended])
      .when("changeEmail", "x@example.com")
      .thenRejected("suspended");
  });

  it("is suspended once", () => {
    given(User, [registered, suspended]).when("suspend", "spam").thenAlreadyApplied();
  });

  it("decides nothing twice", () => {
    assertDecidesOnce(User, { given: [registered], when: ["suspend", "spam"] });
  });
});
// #endregion
