import { type CreateView, defineEntity } from "@annals/core";
import * as z from "zod";

/** An entity that is divided into scopes by two columns of different types, and can be deleted. */
export const Booking = defineEntity({
  name: "booking",
  scope: ["tenantId", "branch"],
  schema: z.object({
    tenantId: z.uuid(),
    branch: z.int(),
    code: z.string(),
    guest: z.string().nullable(),
  }),
  events: {
    BookingMade: z.object({
      tenantId: z.uuid(),
      branch: z.int(),
      code: z.string(),
      guest: z.string().nullable(),
    }),
    GuestNamed: z.object({ guest: z.string() }),
    BookingCancelled: z.object({}),
    BookingRevived: z.object({}),
  },
  create: (
    input: { code: string; guest?: string },
    { scope }: CreateView<{ tenantId: string; branch: number }>,
  ) => ({ type: "BookingMade", ...scope, code: input.code, guest: input.guest ?? null }),
  evolve: {
    BookingMade: (_, { type: _type, ...booking }) => booking,
    GuestNamed: (state, { guest }) => ({ ...state, guest }),
    BookingCancelled: (state) => state,
    BookingRevived: (state) => state,
  },
  commands: { nameGuest: (_, guest: string) => ({ type: "GuestNamed", guest }) },
  index: { code: { unique: true }, guest: {} },
  lifecycle: { delete: "BookingCancelled", restore: "BookingRevived" },
});
