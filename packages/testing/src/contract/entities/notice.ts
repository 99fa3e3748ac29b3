import { defineEntity } from "@annals/core";
import * as z from "zod";

/** Deleted for good, by whom need not be said; its callers choose ids, and may write one that is gone. */
export const defineNotice = (name: string) =>
  defineEntity({
    name,
    idSource: "caller",
    schema: z.object({ text: z.string() }),
    events: {
      NoticePosted: z.object({ text: z.string() }),
      NoticeRemoved: z.object({ by: z.string().optional() }),
    },
    create: (input: { text: string; removed?: boolean }) => {
      const written = { type: "NoticePosted", text: input.text } as const;
      return input.removed === true ? [written, { type: "NoticeRemoved" }] : written;
    },
    evolve: {
      NoticePosted: (_, { text }) => ({ text }),
      NoticeRemoved: (state) => state,
    },
    commands: {},
    index: { text: {} },
    lifecycle: { delete: "NoticeRemoved" },
  });
