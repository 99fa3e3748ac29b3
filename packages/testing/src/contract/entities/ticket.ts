import { defineEntity } from "@annals/core";
import * as z from "zod";

const ticketId = z.uuid().brand("TicketId");

export const toTicketId = (id: string): z.output<typeof ticketId> => ticketId.parse(id);

/** An entity whose id its caller chooses, with a unique value, that can be deleted. */
export const defineTicket = (name: string) =>
  defineEntity({
    name,
    id: ticketId,
    idSource: "caller",
    schema: z.object({ seat: z.string() }),
    events: { TicketSold: z.object({ seat: z.string() }), TicketVoided: z.object({}) },
    create: (input: { seat: string }) => ({ type: "TicketSold", ...input }),
    evolve: {
      TicketSold: (_, { seat }) => ({ seat }),
      TicketVoided: (state) => state,
    },
    commands: {},
    index: { seat: { unique: true } },
    lifecycle: { delete: "TicketVoided" },
  });
