import { alreadyApplied, type CreateView, type CreateViewOf, defineEntity } from "@annals/core";
import * as z from "zod";

interface Tenant {
  readonly tenantId: string;
}

/** A tree that is divided into scopes, and whose states are kept. */
export const defineGarden = (name: string) => {
  const Bed = defineEntity({
    name: `${name}b`,
    parent: name,
    scope: ["tenantId"],
    snapshot: { every: 2 },
    schema: z.object({ tenantId: z.string(), crop: z.string(), grown: z.int() }),
    events: {
      BedDug: z.object({ tenantId: z.string(), crop: z.string() }),
      Watered: z.object({}),
      BedLeft: z.object({}),
    },
    create: (crop: string, { scope }: CreateView<Tenant>) => ({
      type: "BedDug",
      tenantId: scope.tenantId,
      crop,
    }),
    evolve: {
      BedDug: (_, { tenantId, crop }) => ({ tenantId, crop, grown: 0 }),
      Watered: (state) => ({ ...state, grown: state.grown + 1 }),
      BedLeft: (state) => state,
    },
    commands: { water: () => ({ type: "Watered" }) },
    historyCommands: {
      waterOnce: ({ history }) =>
        history.some(({ type }) => type === "Watered") ? alreadyApplied : { type: "Watered" },
    },
    index: { crop: {} },
    lifecycle: { delete: "BedLeft" },
  });
  const Garden = defineEntity({
    name,
    scope: ["tenantId"],
    snapshot: { every: 3 },
    schema: z.object({ tenantId: z.string(), owner: z.string() }),
    events: {
      GardenLaid: z.object({ tenantId: z.string(), owner: z.string() }),
      GardenSold: z.object({ owner: z.string() }),
    },
    children: { beds: Bed },
    create: (
      input: { owner: string; crops: readonly string[] },
      { scope, beds }: CreateViewOf<{ beds: typeof Bed }, Tenant>,
    ) => {
      for (const crop of input.crops) beds.create(crop);
      return { type: "GardenLaid", tenantId: scope.tenantId, owner: input.owner };
    },
    evolve: {
      GardenLaid: (_, { tenantId, owner }) => ({ tenantId, owner }),
      GardenSold: (state, { owner }) => ({ ...state, owner }),
    },
    commands: {
      dig: ({ beds }, crop: string) => beds.create(crop),
      sell: (_view, owner: string) => ({ type: "GardenSold", owner }),
      water: ({ beds }) => {
        for (const bed of beds) bed.water();
      },
      leave: ({ beds }, id: string) => beds.remove(id),
    },
    historyCommands: {
      waterOnce: ({ beds }) => {
        for (const bed of beds) bed.waterOnce();
      },
    },
    index: { owner: {} },
  });
  return { Garden, Bed, all: [Garden, Bed] };
};
