import {
  alreadyApplied,
  defineEntity,
  hasApplied,
  jsonBigInt,
  jsonDate,
  type SnapshotOptions,
  upcast,
} from "@annals/core";
import * as z from "zod";

const entry = z.object({ text: z.string(), at: jsonDate() });

/**
 * An entity whose states are kept: with values that JSON has no form for, an event of an older version, a
 * lifecycle, and a command that looks into the history.
 */
export const defineJournal = (snapshot: SnapshotOptions | undefined) => (name: string) =>
  defineEntity({
    name,
    idSource: "caller",
    schema: z.object({
      title: z.string(),
      entries: z.array(entry),
      letters: jsonBigInt(),
      mood: z.string().optional(),
    }),
    events: {
      JournalBegun: z.object({ title: z.string() }),
      Written: entry,
      Retitled: z.object({ title: z.string() }),
      MoodChanged: z.object({ mood: z.string().optional() }),
      JournalBurnt: z.object({}),
      JournalSaved: z.object({}),
    },
    versions: {
      Written: [
        upcast(z.object({ line: z.string() }), ({ line }) => ({
          text: line,
          at: "2026-01-01T00:00:00.000Z",
        })),
      ],
    },
    ...(snapshot !== undefined && { snapshot }),
    create: ({ title, lines = [] }: { title: string; lines?: readonly string[] }) => [
      { type: "JournalBegun", title },
      ...lines.map((text) => ({ type: "Written" as const, text, at: new Date(0) })),
    ],
    evolve: {
      JournalBegun: (_, { title }) => ({ title, entries: [], letters: 0n }),
      Written: (state, { text, at }) => ({
        ...state,
        entries: [...state.entries, { text, at }],
        letters: state.letters + BigInt(text.length),
      }),
      Retitled: (state, { title }) => ({ ...state, title }),
      MoodChanged: ({ mood: _, ...state }, { mood }) =>
        mood === undefined ? state : { ...state, mood },
      JournalBurnt: (state) => state,
      JournalSaved: (state) => state,
    },
    commands: {
      write: ({ now }, ...lines: string[]) =>
        lines.map((text) => ({ type: "Written" as const, text, at: now })),
      retitle: ({ state }, title: string) =>
        state.title === title ? alreadyApplied : { type: "Retitled", title },
      feel: (_, mood?: string) => ({ type: "MoodChanged", ...(mood !== undefined && { mood }) }),
    },
    historyCommands: {
      writeOnce: ({ history, now }, text: string) =>
        hasApplied(history, { event: "Written", when: (event) => event.text === text })
          ? alreadyApplied
          : { type: "Written", text, at: now },
    },
    index: { title: { unique: true } },
    lifecycle: { delete: "JournalBurnt", restore: "JournalSaved" },
  });
