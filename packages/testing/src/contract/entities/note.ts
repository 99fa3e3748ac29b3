import { defineEntity } from "@annals/core";
import * as z from "zod";

/** A definition that says whether its events keep the context they were written in. */
export const defineNote = (name: string, { context = false }: { context?: boolean } = {}) =>
  defineEntity({
    name,
    context,
    schema: z.object({ text: z.string() }),
    events: {
      NoteTaken: z.object({ text: z.string() }),
      NoteWritten: z.object({ text: z.string() }),
    },
    create: (text: string) => ({ type: "NoteTaken", text }),
    evolve: {
      NoteTaken: (_, { text }) => ({ text }),
      NoteWritten: (_, { text }) => ({ text }),
    },
    commands: { write: (_view, text: string) => ({ type: "NoteWritten", text }) },
    index: { text: {} },
  });
