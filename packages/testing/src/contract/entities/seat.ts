import { defineEntity } from "@annals/core";
import * as z from "zod";

export interface SeatInput {
  readonly room: string;
  readonly rank: number;
  readonly code: string;
  readonly badge?: string | null;
}

/** Several unique constraints at once: a composite with a condition, a text with one, one that may be absent. */
export const defineSeat = (name: string) =>
  defineEntity({
    name,
    schema: z.object({
      room: z.string(),
      rank: z.int().min(1).max(1000),
      code: z.string(),
      badge: z.string().nullable(),
    }),
    events: {
      SeatAdded: z.object({
        room: z.string(),
        rank: z.int(),
        code: z.string(),
        badge: z.string().nullable(),
      }),
      SeatMoved: z.object({
        room: z.string(),
        rank: z.int(),
        code: z.string(),
        badge: z.string().nullable(),
      }),
    },
    create: ({ badge = null, ...input }: SeatInput) => ({ type: "SeatAdded", ...input, badge }),
    evolve: {
      SeatAdded: (_, { type: _type, ...seat }) => seat,
      SeatMoved: (_, { type: _type, ...seat }) => seat,
    },
    commands: {
      move: ({ state }, to: Partial<SeatInput>) => ({ type: "SeatMoved", ...state, ...to }),
    },
    index: {
      room: {},
      rank: { check: "rank between 1 and 1000" },
      code: { unique: true, check: "code ~ '^[A-Z][0-9]+$'" },
      badge: { unique: true },
    },
    uniqueTogether: [["room", "rank"]],
  });
