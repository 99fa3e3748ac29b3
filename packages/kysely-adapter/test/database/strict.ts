import { defineEntity } from "@annals/core";
import * as z from "zod";

/** An entity with every strictness that there is. */
export const Strict = defineEntity({
  name: "strict",
  table: "stricts",
  guards: "chained",
  writerRole: "annals_test_writer",
  schema: z.object({ code: z.string(), text: z.string() }),
  events: {
    Opened: z.object({ code: z.string() }),
    Noted: z.object({ text: z.string() }),
    Closed: z.object({}),
  },
  create: (code: string) => ({ type: "Opened", code }),
  evolve: {
    Opened: (_, { code }) => ({ code, text: "" }),
    Noted: (state, { text }) => ({ ...state, text }),
    Closed: (state) => state,
  },
  commands: {
    note: (_, ...texts: string[]) => {
      const [first, ...rest] = texts.map((text) => ({ type: "Noted", text }) as const);
      return first === undefined ? [] : [first, ...rest];
    },
  },
  index: { code: { unique: true, immutable: true }, text: {} },
  lifecycle: { delete: "Closed" },
});
