import { alreadyApplied, defineEntity, hasApplied } from "@annals/core";
import * as z from "zod";

// #region guard
export const Membership = defineEntity({
  name: "membership",
  schema: z.object({ points: z.int() }),
  events: {
    Joined: z.object({}),
    BonusGranted: z.object({ campaign: z.string(), points: z.int() }),
    BonusesForfeited: z.object({}),
  },
  create: () => ({ type: "Joined" }),
  evolve: {
    Joined: () => ({ points: 0 }),
    BonusGranted: (state, { points }) => ({ points: state.points + points }),
    BonusesForfeited: () => ({ points: 0 }),
  },
  commands: {
    grantBonus: ({ history }, campaign: string, points: number) =>
      hasApplied(history, {
        event: "BonusGranted",
        when: (event) => event.campaign === campaign, // narrowed to BonusGranted
        resetsOn: ["BonusesForfeited"], // after which the campaign may grant again
      })
        ? alreadyApplied
        : { type: "BonusGranted", campaign, points },
    forfeit: () => ({ type: "BonusesForfeited" }),
  },
  index: { points: {} },
});
// #endregion
