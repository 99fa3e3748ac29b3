import { describe, expect, it } from "vitest";
import * as z from "zod";
import { buildModel, type UntypedLiteral } from "./entity-model.ts";
import { jsonDate } from "./json-codecs.ts";

// Mistakes that the compiler cannot see, or that arrive from JavaScript.

const literal: UntypedLiteral = {
  name: "user",
  schema: z.object({ email: z.string(), tenantId: z.string(), tags: z.array(z.string()) }),
  events: { Registered: z.object({ email: z.string() }) },
  create: () => ({ type: "Registered", email: "x" }),
  evolve: { Registered: (state) => state },
  commands: {},
  index: { email: { unique: true }, tenantId: {} },
};

const define = (changes: Partial<UntypedLiteral>) => buildModel({ ...literal, ...changes });

describe("a definition", () => {
  it("becomes a plan with the names that the database will have", () => {
    const { plan } = define({
      name: "orderLine",
      index: { email: { unique: true }, tenantId: {} },
      uniqueTogether: [["tenantId", "email"]],
    });
    expect(plan).toMatchObject({ indexTable: "order_lines", eventsTable: "order_line_events" });
    expect(plan.uniques.map(({ constraint }) => constraint)).toEqual([
      "order_lines_email_key",
      "order_lines_tenant_id_email_key",
    ]);
  });

  it("takes another table where adding an s is not right", () => {
    expect(define({ name: "person", table: "people" }).plan).toMatchObject({
      indexTable: "people",
      eventsTable: "person_events",
    });
  });

  it.each<[string, Partial<UntypedLiteral>, RegExp]>([
    ["a name with a space", { name: "two words" }, /not a plain word/],
    ["no event", { events: {} }, /declares no event/],
    [
      "an event named twice",
      {
        events: { EmailChanged: z.object({}), email_changed: z.object({}) },
        evolve: { EmailChanged: (s) => s, email_changed: (s) => s },
      },
      /name one event twice/,
    ],
    ["a missing reducer", { evolve: {} }, /no reducer for the event "Registered"/],
    [
      "a reducer without an event",
      { evolve: { ...literal.evolve, Gone: (s) => s } },
      /reducer for "Gone", which is no event/,
    ],
    [
      "a lifecycle that names no event",
      { lifecycle: { delete: "Gone" } },
      /lifecycle names "Gone", which is no event/,
    ],
    [
      "a lifecycle without a deletion",
      { lifecycle: { restore: "Registered" } as never },
      /lifecycle names "undefined", which is no event/,
    ],
    [
      "one event that deletes and restores",
      { lifecycle: { delete: "Registered", restore: "Registered" } },
      /for both deleting and restoring/,
    ],
    [
      "an unknown part of a lifecycle",
      { lifecycle: { delete: "Registered", purge: "Registered" } as never },
      /unknown option "purge"/,
    ],
    [
      "a command named isDeleted",
      { commands: { isDeleted: () => undefined } },
      /a name that entities own/,
    ],
    [
      "an index name that PostgreSQL would truncate",
      { lifecycle: { delete: "Registered" }, table: "t".repeat(41) },
      /_created_at_idx_deleted" \(64 bytes/,
    ],
    [
      "a command named id",
      { commands: { id: () => undefined } },
      /"id" has a name that entities own/,
    ],
    ["an unknown column", { index: { emial: {} } }, /"emial" is not a field of the schema/],
    ["an unknown option", { index: { email: { uniqe: true } as never } }, /unknown option "uniqe"/],
    ["a column without a type", { index: { tags: {} } }, /no fixed column type for "tags"/],
    [
      "two columns of one name",
      { computed: { tenant_id: { from: () => 1, type: "integer" } } },
      /both become the column "tenant_id"/,
    ],
    [
      "a column that every table has",
      {
        schema: z.object({ version: z.string() }),
        index: { version: {} },
      },
      /has a column "version" of its own/,
    ],
    [
      "a computed column without from",
      { computed: { x: { type: "text" } as never } },
      /lacks "from"/,
    ],
    [
      "a field that becomes a column of every table",
      { schema: z.object({ created_at: z.string() }), index: { created_at: {} } },
      /has a column "created_at" of its own/,
    ],
    [
      "a composite declared twice",
      {
        uniqueTogether: [
          ["tenantId", "email"],
          ["tenantId", "email"],
        ],
      },
      /two unique constraints are both named after/,
    ],
    ["a table with the events' name", { table: "user_events" }, /has the name of its events table/],
    ["a composite of one", { uniqueTogether: [["email"]] }, /fewer than two columns/],
    ["a composite of nothing known", { uniqueTogether: [["email", "x"]] }, /no index column/],
    ["a name to truncate", { name: "a".repeat(50) }, /would truncate/],
    [
      "a reserved key in a payload",
      { events: { Registered: z.object({ type: z.string() }) } },
      /field "type", which the stored format reserves/,
    ],
    [
      "a key that begins with $",
      { events: { Registered: z.object({ $ref: z.string() }) } },
      /field "\$ref"/,
    ],
    [
      "a payload that is no object",
      { events: { Registered: z.string() as never } },
      /not an object schema/,
    ],
  ])("is refused with a sentence for %s", (_, changes, problem) => {
    expect(() => define(changes)).toThrow(problem);
  });

  it.each([
    ["a date", z.date()],
    ["a bigint", z.bigint()],
    ["a map", z.map(z.string(), z.string())],
    ["a transform", z.string().transform((text) => text.length)],
    ["a catch", z.string().catch("x")],
    ["a bigint literal", z.literal(1n)],
    ["a record whose keys are transformed", z.record(z.string().transform(String), z.number())],
    ["a date deep inside", z.array(z.object({ at: z.union([z.string(), z.date()]) }).optional())],
  ])("is refused for %s in a payload, which JSON would change", (_, schema) => {
    const events = { Registered: z.object({ value: schema }) };
    expect(() => define({ events })).toThrow(
      /the event "Registered" at value.*does not survive JSON/s,
    );
  });

  it.each([
    ["optional", z.string().optional(), true],
    ["nullable", z.string().nullable(), true],
    ["required", z.string(), false],
    ["a default, which states always have", z.string().default("x"), false],
    ["optional, then not", z.string().optional().nonoptional(), false],
    ["not optional, then optional", z.string().nonoptional().optional(), true],
    ["a union with null", z.union([z.string(), z.null()]), true],
    ["a nullable date", jsonDate().nullable(), true],
    ["a date", jsonDate(), false],
  ])("knows whether a column may be NULL: %s", (_, field, nullable) => {
    const { plan } = define({ schema: z.object({ field }), index: { field: { type: "text" } } });
    expect(plan.columns[0]?.nullable).toBe(nullable);
  });

  it("accepts a recursive schema", () => {
    const node: z.ZodType = z.object({ value: z.string(), next: z.lazy(() => node.optional()) });
    expect(() => define({ events: { Registered: z.object({ node }) } })).not.toThrow();
  });

  it("knows an id in its one spelling, and no other", () => {
    const { parseId } = define({ id: z.uuidv4() as never });
    expect(parseId("F47AC10B-58CC-4372-A567-0E02B2C3D479")).toBe(
      "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    );
    expect(parseId("01890a5d-ac96-774b-bcce-b302099a8057")).toBeUndefined();
    expect(parseId("nonsense")).toBeUndefined();
    expect(parseId(7)).toBeUndefined();
  });
});
