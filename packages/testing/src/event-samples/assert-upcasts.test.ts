import { AssertionError } from "node:assert";
import { defineEntity, defineTopic, type JsonObject, upcast } from "@annals/core";
import { expect, it } from "vitest";
import * as z from "zod";
import { ADDED, defineContact } from "../contract/entities/contact.ts";
import { assertUpcasts } from "./assert-upcasts.ts";

const Contact = defineContact("contact");

const CONTACT: readonly (JsonObject & { readonly type: string })[] = [
  ADDED,
  { type: "ContactAdded", v: 2, email: "a@b.c", name: "Ada", at: "2020-02-03T00:00:00.000Z" },
  { type: "EmailChanged", mail: "x@y.z" },
  { type: "EmailChanged", v: 2, address: "x@y.z" },
  { type: "NameChanged", name: "Eve" },
  { type: "Dropped" },
  { type: "DetailsChanged", mail: "d@e.f", name: "Dee" },
  { type: "DetailsChanged", v: 2, email: "d@e.f", name: "Dee" },
  { type: "Pinged" },
];

const samples = (contact: readonly JsonObject[]) => ({
  format: 1,
  samples: { contact },
});

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError);
    return (error as AssertionError).message;
  }
  throw new Error("The assertion passed");
};

it("tells what each sample is read as", () => {
  const read = assertUpcasts(Contact, samples(CONTACT));
  expect(read.map(({ type, version, became }) => [type, version, became.length])).toEqual([
    ["ContactAdded", 1, 1],
    ["ContactAdded", 2, 1],
    ["EmailChanged", 1, 1],
    ["EmailChanged", 2, 1],
    ["NameChanged", 1, 1],
    ["Dropped", 1, 1],
    ["DetailsChanged", 1, 2],
    ["DetailsChanged", 2, 2],
    ["Pinged", 1, 0],
  ]);
  expect(read[2]?.became).toEqual([{ type: "EmailChanged", email: "x@y.z" }]);
});

it.each(CONTACT.filter(({ type, v }) => type !== "ContactAdded" || v === undefined))(
  "misses the sample of $type version $v",
  (missing) => {
    const rest = CONTACT.filter((body) => body !== missing);
    expect(messageOf(() => assertUpcasts(Contact, samples(rest)))).toContain(
      `- ${missing.type} version ${missing.v ?? 1} has no sample`,
    );
  },
);

it("fails at samples that cannot be read, and names all of them", () => {
  const broken = [
    ...CONTACT,
    { type: "EmailChanged", v: 2, address: "" },
    { type: "EmailChanged", v: 4, email: "later" },
  ];
  const message = messageOf(() => assertUpcasts(Contact, samples(broken)));
  expect(message).toMatch(/- EmailChanged version 2 cannot be read: .* threw an error/);
  expect(message).toMatch(/- EmailChanged version 4 cannot be read: v: .* newer code/);
  expect(message).not.toContain("has no sample");
});

it("takes a version under an old name for the event's own", () => {
  const Lamp = defineEntity({
    name: "lamp",
    schema: z.object({ watts: z.number() }),
    events: { Lit: z.object({ watts: z.number() }) },
    versions: {
      Lit: [upcast(z.object({ candles: z.number() }), (old) => ({ watts: old.candles }))],
    },
    renamed: { SwitchedOn: "Lit" },
    create: (watts: number) => ({ type: "Lit", watts }),
    evolve: { Lit: (_, { watts }) => ({ watts }) },
    commands: {},
    index: {},
  });
  const stored = (...lamp: JsonObject[]) => ({ format: 1, samples: { lamp } });
  expect(assertUpcasts(Lamp, stored({ type: "SwitchedOn", candles: 4 }))).toHaveLength(1);
  const withoutOldName = stored({ type: "Lit", candles: 4 });
  expect(messageOf(() => assertUpcasts(Lamp, withoutOldName))).toContain(
    "SwitchedOn version 1 has",
  );
});

it("misses everything of an entity without samples", () => {
  const message = messageOf(() => assertUpcasts(Contact, { format: 1, samples: {} }));
  expect(message.match(/^- \S+ version \d has no sample$/gm)).toHaveLength(8);
});

it("reads the samples of a topic of its own", () => {
  const Feed = defineTopic({
    name: "feed",
    events: { Placed: z.object({ cents: z.int() }) },
    versions: {
      Placed: [upcast(z.object({ total: z.number() }), ({ total }) => ({ cents: total * 100 }))],
    },
  });
  const stored = (...feed: JsonObject[]) => ({ format: 1, samples: { feed } });
  const [first] = assertUpcasts(Feed, stored({ type: "Placed", total: 2 }));
  expect(first?.became).toEqual([{ type: "Placed", cents: 200 }]);
  expect(messageOf(() => assertUpcasts(Feed, stored()))).toContain("Placed version 1 has");
});
