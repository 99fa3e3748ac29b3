import { describe, expect, it } from "vitest";
import * as z from "zod";
import { model } from "../define/entity-definition.ts";
import { defineEntity, upcast } from "../index.ts";
import { importedHistory } from "./imported-history.ts";

const Account = defineEntity({
  name: "account",
  schema: z.object({ owner: z.string() }),
  events: { Opened: z.object({ owner: z.string() }), Closed: z.object({}) },
  versions: { Opened: [upcast(z.object({ name: z.string() }), ({ name }) => ({ owner: name }))] },
  create: (owner: string) => ({ type: "Opened", owner }),
  evolve: { Opened: (_, { owner }) => ({ owner }), Closed: (state) => state },
  commands: {},
  index: { owner: {} },
  lifecycle: { delete: "Closed" },
});

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const at = (second: number) => `2026-03-01T12:00:0${second}.000Z`;
const historyOf = (...bodies: readonly object[]) => ({
  id,
  version: bodies.length,
  events: bodies.map((event, n) => ({
    sequence: n + 1,
    recordedAt: at(n),
    event,
    context: null,
  })),
});
const imported = (...bodies: readonly object[]) =>
  importedHistory(Account[model], historyOf(...bodies), { keepUnknownFields: false });

describe("importedHistory", () => {
  it("takes events in the version that they are stored in, and their times", () => {
    const fits = { kind: "fits", id, columns: ["Ada"], createdAt: at(0) };
    expect(imported({ type: "Opened", name: "Ada" })).toEqual({
      ...fits,
      version: 1,
      deletedAt: null,
    });
    expect(imported({ type: "Opened", v: 2, owner: "Ada" }, { type: "Closed" })).toEqual({
      ...fits,
      version: 2,
      deletedAt: at(1),
    });
  });

  it("refuses a field that the stored version has not", () => {
    for (const event of [
      { type: "Opened", name: "Ada", owner: "Bob" },
      { type: "Opened", v: 2, owner: "Ada", name: "Bob" },
    ]) {
      expect(imported(event)).toEqual({
        kind: "refused",
        problem: expect.stringMatching(/^event 1: (owner|name): is not a field of the event$/),
      });
    }
  });

  it("refuses a version that nobody knows", () => {
    expect(imported({ type: "Opened", v: 3, owner: "Ada" })).toMatchObject({ kind: "refused" });
  });
});
