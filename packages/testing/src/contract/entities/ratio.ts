import { defineEntity } from "@annals/core";
import * as z from "zod";

/** A computed column that is not a number for the share 0. */
export const defineRatio = (name: string) =>
  defineEntity({
    name,
    schema: z.object({ share: z.number() }),
    events: { ShareSet: z.object({ share: z.number() }) },
    create: (share: number) => ({ type: "ShareSet", share }),
    evolve: { ShareSet: (_, { share }) => ({ share }) },
    commands: { set: (_, share: number) => ({ type: "ShareSet", share }) },
    index: {},
    computed: { ratio: { from: ({ share }) => (share * share) / share, type: "double precision" } },
  });
