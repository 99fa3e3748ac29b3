import { defineEntity } from "@annals/core";
import * as z from "zod";

/** The smallest entity that can be deleted and restored, with each kind of index. */
export const Resident = defineEntity({
  name: "resident",
  schema: z.object({ email: z.string(), house: z.string(), room: z.int(), score: z.int() }),
  events: {
    MovedIn: z.object({ email: z.string(), house: z.string(), room: z.int() }),
    Renamed: z.object({ email: z.string() }),
    Scored: z.object({ by: z.int() }),
    MovedOut: z.object({}),
    MovedBack: z.object({}),
  },
  create: (input: { email: string; house?: string; room: number }) => ({
    type: "MovedIn",
    house: "north",
    ...input,
  }),
  evolve: {
    MovedIn: (_, { email, house, room }) => ({ email, house, room, score: 0 }),
    Renamed: (state, { email }) => ({ ...state, email }),
    Scored: (state, { by }) => ({ ...state, score: state.score + by }),
    MovedOut: (state) => state,
    MovedBack: (state) => state,
  },
  commands: {
    rename: (_, email: string) => ({ type: "Renamed", email }),
    score: (_, by: number) => ({ type: "Scored", by }),
  },
  index: { email: { unique: true }, house: {}, room: {}, score: {} },
  uniqueTogether: [["house", "room"]],
  lifecycle: { delete: "MovedOut", restore: "MovedBack" },
});
