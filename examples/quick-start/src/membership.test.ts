import { assertDecidesOnce, given } from "@annals/testing";
import { it } from "vitest";
import { Membership } from "./membership.ts";

const joined = { type: "Joined" } as const;
const granted = { type: "BonusGranted", campaign: "spring", points: 10 } as const;

it("grants a campaign's bonus once, and again after all were forfeited", () => {
  assertDecidesOnce(Membership, { given: [joined], when: ["grantBonus", "spring", 10] });
  given(Membership, [joined, granted]).when("grantBonus", "spring", 10).thenAlreadyApplied();
  given(Membership, [joined, granted, { type: "BonusesForfeited" }])
    .when("grantBonus", "spring", 10)
    .then([granted]);
});
