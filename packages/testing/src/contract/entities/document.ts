import { defineEntity } from "@annals/core";
import * as z from "zod";

/** Holds any value, so that what JSON would change reaches the framework. */
export const defineDocument = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ data: z.unknown(), address: z.object({ city: z.string() }).optional() }),
    events: {
      DocumentWritten: z.object({ data: z.unknown() }),
      DocumentAddressed: z.object({ address: z.object({ city: z.string() }) }),
    },
    create: (input: { readonly data: unknown }) => ({ type: "DocumentWritten", data: input.data }),
    evolve: {
      DocumentWritten: (_, { data }) => ({ data }),
      DocumentAddressed: (state, { address }) => ({ ...state, address }),
    },
    commands: {
      write: (_, data: unknown) => ({ type: "DocumentWritten", data }),
      address: (_, address: { city: string }) => ({ type: "DocumentAddressed", address }),
    },
    index: {},
  });
