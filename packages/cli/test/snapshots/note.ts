import { defineEntity, type SnapshotOptions } from "@annals/core";
import * as z from "zod";

const defineNote = (snapshot: SnapshotOptions | undefined) =>
  defineEntity({
    name: "note",
    writerRole: "annals_note_writer",
    schema: z.object({ text: z.string() }),
    events: { Written: z.object({ text: z.string() }) },
    ...(snapshot !== undefined && { snapshot }),
    create: (text: string) => ({ type: "Written", text }),
    evolve: { Written: (_, { text }) => ({ text }) },
    commands: { write: (_view, text: string) => ({ type: "Written", text }) },
    index: {},
  });

export const Plain = defineNote(undefined);
export const Kept = defineNote({ every: 2 });
