import { alreadyApplied, defineEntity, jsonDate, type SnapshotOptions } from "@annals/core";
import * as z from "zod";

/** Diaries whose states are kept. The same tables serve definitions of several ages. */
export const defineDiary = (snapshot: SnapshotOptions, separator = ", ") =>
  defineEntity({
    name: "diary",
    table: "diaries",
    schema: z.object({ owner: z.string(), text: z.string(), day: jsonDate().nullable() }),
    events: {
      Begun: z.object({ owner: z.string() }),
      Noted: z.object({ text: z.string(), day: jsonDate() }),
      Shut: z.object({}),
      Opened: z.object({}),
    },
    snapshot,
    create: (owner: string) => ({ type: "Begun", owner }),
    evolve: {
      Begun: (_, { owner }) => ({ owner, text: "", day: null }),
      Noted: (state, { text, day }) => ({
        ...state,
        day,
        text: state.text === "" ? text : `${state.text}${separator}${text}`,
      }),
      Shut: (state) => state,
      Opened: (state) => state,
    },
    commands: {
      note: ({ now }, ...texts: string[]) =>
        texts.map((text) => ({ type: "Noted" as const, text, day: now })),
    },
    historyCommands: {
      noteOnce: ({ history, now }, text: string) =>
        history.some((event) => event.type === "Noted" && event.text === text)
          ? alreadyApplied
          : { type: "Noted", text, day: now },
    },
    index: { owner: { unique: true }, day: {} },
    lifecycle: { delete: "Shut", restore: "Opened" },
  });

export const Diary = defineDiary({ every: 5 });
