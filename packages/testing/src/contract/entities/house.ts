import { type CreateViewOf, defineEntity, type ErasureMethod, personal } from "@annals/core";
import * as z from "zod";

const defineStay = (name: string, parent: string, method: ErasureMethod, guest: string) =>
  defineEntity({
    name,
    parent,
    schema: z.object({ guestId: z.string(), wish: personal(z.string()) }),
    events: {
      StayBegan: z.object({ guestId: z.string(), wish: personal(z.string()) }),
      StayForgotten: z.object({}),
    },
    erasure: { method, event: "StayForgotten", subject: { kind: guest, field: "guestId" } },
    create: (input: { guestId: string; wish: string }) => ({ type: "StayBegan", ...input }),
    evolve: {
      StayBegan: (_, { guestId, wish }) => ({ guestId, wish }),
      StayForgotten: (before) => before,
    },
    commands: {},
    index: { guestId: {}, wish: {} },
  });

/** A parent that is about somebody, with children that are about others. */
export const defineHouse = (method: ErasureMethod, guest: string) => (name: string) => {
  const Stay = defineStay(`${name}s`, name, method, guest);
  const House = defineEntity({
    name,
    schema: z.object({ owner: personal(z.string()) }),
    events: {
      HouseBuilt: z.object({ owner: personal(z.string()) }),
      HouseForgotten: z.object({}),
    },
    erasure: { method, event: "HouseForgotten" },
    children: { stays: Stay },
    create: (
      { owner, stays }: { owner: string; stays: readonly { guestId: string; wish: string }[] },
      view: CreateViewOf<{ stays: typeof Stay }>,
    ) => {
      for (const stay of stays) view.stays.create(stay);
      return { type: "HouseBuilt", owner };
    },
    evolve: {
      HouseBuilt: (_, { owner }) => ({ owner }),
      HouseForgotten: (before) => before,
    },
    commands: {
      receive: ({ stays }, guestId: string, wish: string) => stays.create({ guestId, wish }),
    },
    index: { owner: {} },
  });
  return { House, Stay, all: [House, Stay] as const };
};
