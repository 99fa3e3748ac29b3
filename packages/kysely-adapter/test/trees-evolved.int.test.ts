import { defineEntity, upcast, upcastToEvents } from "@annals/core";
import { testDatabase } from "@annals/testing/vitest";
import { afterAll, expect, it } from "vitest";
import * as z from "zod";
import { checkSchema, createRepository, rebuild, verify } from "../src/index.ts";
import { migrate, openDatabase } from "./database/open.ts";

// A tree whose children were written by older code: read, told, verified and rebuilt in the newest shape.

const book = {
  name: "logbook",
  schema: z.object({ title: z.string() }),
  events: { LogbookOpened: z.object({ title: z.string() }) },
  create: (title: string) => ({ type: "LogbookOpened", title }) as const,
  evolve: { LogbookOpened: (_: undefined, { title }: { title: string }) => ({ title }) },
  index: {},
} as const;

const OldNote = defineEntity({
  name: "logbookNote",
  parent: "logbook",
  schema: z.object({ text: z.string() }),
  events: {
    NoteWritten: z.object({ text: z.string() }),
    NoteCopied: z.object({ from: z.string(), text: z.string() }),
    NoteBlinked: z.object({}),
  },
  create: (text: string) => ({ type: "NoteWritten", text }),
  evolve: {
    NoteWritten: (_, { text }) => ({ text }),
    NoteCopied: (_, { text }) => ({ text }),
    NoteBlinked: (state) => state,
  },
  commands: {
    copy: (_view, from: string, text: string) => ({ type: "NoteCopied", from, text }),
    blink: () => ({ type: "NoteBlinked" }),
  },
  index: { text: {} },
});

const OldBook = defineEntity({
  ...book,
  children: { notes: OldNote },
  commands: {
    note: ({ notes }, text: string) => notes.create(text),
    copy: ({ notes }, id: string, text: string) => notes.get(id).copy("elsewhere", text),
    blink: ({ notes }, id: string) => notes.get(id).blink(),
  },
});

const NewNote = defineEntity({
  name: "logbookNote",
  parent: "logbook",
  schema: z.object({ text: z.string(), source: z.string().optional() }),
  events: {
    NoteWritten: z.object({ words: z.array(z.string()) }),
    NoteReworded: z.object({ words: z.array(z.string()) }),
    NoteSourced: z.object({ source: z.string() }),
  },
  versions: {
    NoteWritten: [
      upcast(z.object({ text: z.string() }), ({ text }) => ({ words: text.split(" ") })),
    ],
  },
  retired: {
    NoteCopied: [
      upcastToEvents(z.object({ from: z.string(), text: z.string() }), ({ from, text }) => [
        { type: "NoteReworded", words: text.split(" ") },
        { type: "NoteSourced", source: from },
      ]),
    ],
    NoteBlinked: [upcastToEvents(z.object({}), () => [])],
  },
  create: (words: string[]) => ({ type: "NoteWritten", words }),
  evolve: {
    NoteWritten: (_, { words }) => ({ text: words.join("-") }),
    NoteReworded: (state, { words }) => ({ ...state, text: words.join("-") }),
    NoteSourced: (state, { source }) => ({ ...state, source }),
  },
  commands: { write: (_view, ...words: string[]) => ({ type: "NoteReworded", words }) },
  index: { text: {} },
});

const NewBook = defineEntity({
  ...book,
  children: { notes: NewNote },
  commands: {
    note: ({ notes }, ...words: string[]) => notes.create(words),
    write: ({ notes }, id: string, ...words: string[]) => notes.get(id).write(...words),
  },
});

const { connectionString } = await testDatabase({
  name: "logbooks",
  migrate: (url) => migrate(url, [NewBook, NewNote]),
});
const [before, db] = [openDatabase(connectionString), openDatabase(connectionString)];
afterAll(() => Promise.all([before.destroy(), db.destroy()]));

it("is read, told, verified and rebuilt in the newest shape", async () => {
  const old = createRepository(OldBook, { db: before });
  const opened = await old.create("Voyage");
  for (const step of [
    (one: typeof opened) => one.note("clear sky"),
    (one: typeof opened) => one.blink(one.notes.list[0]?.id ?? ""),
    (one: typeof opened) => one.note("calm sea"),
    (one: typeof opened) => one.copy(one.notes.list[1]?.id ?? "", "rough sea"),
  ]) {
    step(opened);
    await old.update(opened);
  }
  const [sky, sea] = opened.notes.list.map(({ id }) => id) as [string, string];

  expect(await checkSchema(db, [NewBook, NewNote])).toEqual([]);
  const books = createRepository(NewBook, { db });
  const read = await books.findById(opened.id);
  expect(read.notes.list.map(({ state, version }) => [state, version])).toEqual([
    [{ text: "clear-sky" }, 2],
    [{ text: "rough-sea", source: "elsewhere" }, 2],
  ]);
  const { items } = await books.treeHistory(opened.id);
  expect(items.map(({ event, part, parts }) => [event.type, part, parts])).toEqual([
    ["LogbookOpened", 1, 1],
    ["NoteWritten", 1, 1],
    ["NoteWritten", 1, 1],
    ["NoteReworded", 1, 2],
    ["NoteSourced", 2, 2],
  ]);
  const past = await books.findById(opened.id, { asOf: { position: items[2]?.position ?? 0 } });
  expect(past.notes.list.map(({ state }) => state.text)).toEqual(["clear-sky", "calm-sea"]);

  // Index rows are still what the old code made of the events.
  const inPart = { children: { notes: { where: { text: "rough-sea" } } } } as const;
  expect((await books.findById(opened.id, inPart)).notes.size).toBe(0);
  expect(await verify(db, NewNote)).toMatchObject({ checked: 2, differing: 2 });
  await rebuild(db, NewNote);
  expect(await verify(db, NewNote)).toMatchObject({ differing: 0 });
  expect(await verify(db, NewBook)).toMatchObject({ differing: 0 });
  const part = await books.findById(opened.id, inPart);
  expect(part.notes.list.map(({ id }) => id)).toEqual([sea]);

  part.write(sea, "calm", "again");
  await books.update(part);
  const whole = await books.findById(opened.id);
  whole.note("land", "ho");
  whole.write(sky, "rain");
  await books.update(whole);
  expect((await books.findById(opened.id)).notes.list.map(({ state }) => state.text)).toEqual([
    "rain",
    "calm-again",
    "land-ho",
  ]);
  expect(await verify(db, NewNote)).toMatchObject({ checked: 3, differing: 0 });
});
