import { describe, expect, it } from "vitest";
import * as z from "zod";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { buildModel, type UntypedLiteral } from "./entity-model.ts";
import { upcast, upcastToEvents } from "./upcast.ts";

const literal: UntypedLiteral = {
  name: "user",
  schema: z.object({ email: z.string() }),
  events: { Registered: z.object({ email: z.string() }), Renamed: z.object({ name: z.string() }) },
  create: () => undefined,
  evolve: { Registered: (state) => state, Renamed: (state) => state },
  commands: {},
  index: {},
};

const old = upcast(z.object({ mail: z.string() }), ({ mail }) => ({ email: mail }));
const none = upcastToEvents(z.object({}), () => []);

const problemOf = (change: object): string => {
  try {
    buildModel({ ...literal, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidDefinitionError);
    return (error as Error).message;
  }
  return "none";
};

describe("a definition's older events", () => {
  it.each<[string, object, RegExp]>([
    ["of no event", { versions: { Gone: [old] } }, /versions has "Gone", which is no event/],
    ["that are none", { versions: { Registered: [] } }, /"Registered" are no list, or an empty/],
    ["without an upcaster", { versions: { Registered: [old, z.object({})] } }, /version 2 of "Reg/],
    ["with a hole", { versions: { Registered: [undefined, old] } }, /version 1 of "Registered"/],
    [
      "with a reserved field",
      { versions: { Registered: [upcast(z.object({ v: z.int() }), () => ({}))] } },
      /payload of "Registered, version 1" has a field "v"/,
    ],
    [
      "that JSON would change",
      { versions: { Registered: [upcast(z.object({ at: z.date() }), () => ({}))] } },
      /"Registered, version 1" at at/,
    ],
    ["retired but there", { retired: { Renamed: [none] } }, /"Renamed" is an event, and an old/],
    ["retired without an end", { retired: { Gone: [old] } }, /last version of the retired event/],
    ["retired under a bad name", { retired: { "Go ne": [none] } }, /not a usable event name/],
    ["renamed to nothing", { renamed: { Gone: "Nobody" } }, /renamed to "Nobody", which is no/],
    ["renamed but there", { renamed: { Renamed: "Registered" } }, /is an event, and an old name/],
    [
      "renamed and retired",
      { renamed: { Gone: "Renamed" }, retired: { Gone: [none] } },
      /"Gone" is both renamed and retired/,
    ],
  ])("are refused: %s", (_, change, message) => {
    expect(problemOf(change)).toMatch(message);
  });

  it("may differ from an event's name by how it is spelled", () => {
    expect(problemOf({ renamed: { re_named: "Renamed" } })).toBe("none");
  });

  it("stay allowed in the database, after those that are written", () => {
    const { plan, events } = buildModel({
      ...literal,
      versions: { Registered: [old, old] },
      renamed: { SignedUp: "Registered" },
      retired: { Pinged: [none] },
    });
    expect(plan.eventTypes).toEqual(["Registered", "Renamed", "Pinged", "SignedUp"]);
    expect([...events].map(([type, { version }]) => [type, version])).toEqual([
      ["Registered", 3],
      ["Renamed", 1],
    ]);
  });
});
