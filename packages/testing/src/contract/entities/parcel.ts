import { defineEntity } from "@annals/core";
import * as z from "zod";

const parcelId = z.uuid().brand("ParcelId");
export type ParcelId = z.output<typeof parcelId>;

/** An id of the schema's own type. */
export const toParcelId = (id: string): ParcelId => parcelId.parse(id);

/** Ids that the caller chooses, with a type of their own. */
export const defineParcel = (name: string) =>
  defineEntity({
    name,
    id: parcelId,
    idSource: "caller",
    schema: z.object({ stops: z.int() }),
    events: { ParcelSent: z.object({}), ParcelMoved: z.object({}) },
    create: () => ({ type: "ParcelSent" }),
    evolve: {
      ParcelSent: () => ({ stops: 0 }),
      ParcelMoved: (state) => ({ stops: state.stops + 1 }),
    },
    commands: { move: (_) => ({ type: "ParcelMoved" }) },
    index: { stops: {} },
  });
