import { defineEntity, type EntityOf } from "@annals/core";
import { type Kysely, sql, type Transaction } from "kysely";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { createRepository } from "./create-repository.ts";

interface Database {
  notes: { id: string };
}

declare const db: Kysely<Database>;
declare const tx: Transaction<Database>;

const Note = defineEntity({
  name: "note",
  schema: z.object({ title: z.string() }),
  events: { NoteWritten: z.object({ title: z.string() }), NoteDeleted: z.object({}) },
  create: (input: { title: string }) => ({ type: "NoteWritten", ...input }),
  evolve: { NoteWritten: (_, { title }) => ({ title }), NoteDeleted: (state) => state },
  commands: {},
  lifecycle: { delete: "NoteDeleted" },
  index: { title: { unique: true } },
});

type Note = EntityOf<typeof Note>;
declare const note: Note;

const notes = createRepository(Note, { db, requireTransaction: true });

describe("a repository that demands a transaction", () => {
  it("takes every call with { tx }, and returns what others return", () => {
    expectTypeOf(notes.create({ title: "a" }, { tx })).resolves.toEqualTypeOf<Note>();
    expectTypeOf(notes.update(note, { tx })).resolves.toEqualTypeOf<number>();
    expectTypeOf(notes.delete(note, { tx })).resolves.toEqualTypeOf<number>();
    expectTypeOf(
      notes.findById(note.id, { tx, includeDeleted: true }),
    ).resolves.toEqualTypeOf<Note>();
    expectTypeOf(notes.maybeFindByTitle("a", { tx })).resolves.toEqualTypeOf<Note | undefined>();
    expectTypeOf(notes.count({ tx, where: { title: "a" } })).resolves.toEqualTypeOf<number>();
    const found = notes.query(() => sql<{ id: string }>`select id from notes`, { tx });
    expectTypeOf(found).resolves.toEqualTypeOf<Note[]>();
    const transacted = notes.transact(
      (options) => notes.findByTitle("a", options),
      ({ version }) => version,
      { tx },
    );
    expectTypeOf(transacted).resolves.toHaveProperty("result").toEqualTypeOf<number>();
  });

  it("takes none without", () => {
    // @ts-expect-error: no transaction
    notes.create({ title: "a" });
    // @ts-expect-error: no transaction
    notes.create({ title: "a" }, {});
    // @ts-expect-error: no transaction
    notes.create({ title: "a" }, { tx: "none" });
    // @ts-expect-error: no transaction
    notes.update(note);
    // @ts-expect-error: no transaction
    notes.delete(note);
    // @ts-expect-error: no transaction
    notes.findById(note.id);
    // @ts-expect-error: no transaction
    notes.findByTitle("a");
    // @ts-expect-error: no transaction
    notes.list();
    // @ts-expect-error: no transaction
    notes.list({ first: 1 });
    // @ts-expect-error: no transaction
    notes.transact(note.id, () => {});
    // @ts-expect-error: no transaction
    notes.query(() => sql<{ id: string }>`select id from notes`);
  });

  it("is not what others get", () => {
    const free = createRepository(Note, { db });
    expectTypeOf(free.create({ title: "a" })).resolves.toEqualTypeOf<Note>();
    expectTypeOf(free.list()).resolves.toHaveProperty("items");
  });
});
