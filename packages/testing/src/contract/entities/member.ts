import { alreadyApplied, defineEntity } from "@annals/core";
import * as z from "zod";

export interface MemberInput {
  readonly email: string;
  readonly team?: string;
  readonly number?: number;
}

/** Can be deleted, for a reason, and restored; has unique values, alone and together. */
export const defineMember = (name: string) =>
  defineEntity({
    name,
    schema: z.object({
      email: z.string(),
      team: z.string(),
      number: z.int(),
      points: z.int(),
    }),
    events: {
      MemberJoined: z.object({ email: z.string(), team: z.string(), number: z.int() }),
      EmailChanged: z.object({ email: z.string() }),
      PointsGiven: z.object({ points: z.int() }),
      MemberLeft: z.object({ reason: z.string() }),
      MemberReturned: z.object({}),
    },
    create: ({ email, team = "red", number = 0 }: MemberInput) => ({
      type: "MemberJoined",
      email,
      team,
      number,
    }),
    evolve: {
      MemberJoined: (_, { email, team, number }) => ({ email, team, number, points: 0 }),
      EmailChanged: (state, { email }) => ({ ...state, email }),
      PointsGiven: (state, { points }) => ({ ...state, points: state.points + points }),
      MemberLeft: (state) => state,
      MemberReturned: (state) => state,
    },
    commands: {
      changeEmail: (_, email: string) => ({ type: "EmailChanged", email }),
      give: (_, points: number) => ({ type: "PointsGiven", points }),
      leave: ({ isDeleted }, reason: string) =>
        isDeleted ? alreadyApplied : { type: "MemberLeft", reason },
      returnAs: (_, email: string) => [{ type: "MemberReturned" }, { type: "EmailChanged", email }],
      leaveBriefly: () => [{ type: "MemberLeft", reason: "briefly" }, { type: "MemberReturned" }],
    },
    index: {
      email: { unique: true, normalize: (email) => email.toLowerCase() },
      team: {},
      number: {},
      points: {},
    },
    uniqueTogether: [["team", "number", "email"]],
    lifecycle: { delete: "MemberLeft", restore: "MemberReturned" },
  });
