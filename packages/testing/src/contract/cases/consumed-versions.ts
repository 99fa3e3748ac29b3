import { createStoreConsumer, skipEvent } from "@annals/core";
import { expect } from "vitest";
import type { Bench } from "../bench.ts";
import { contractGroup } from "../contract-case.ts";
import { ADDED, defineContact, storeOld } from "../entities/contact.ts";

const STORED = [
  ADDED,
  { type: "DetailsChanged", mail: "d@e.f", name: "Dee" },
  { type: "Pinged" },
  { type: "NameChanged", name: "Eve" },
  { type: "EmailChanged", v: 3, email: "new" },
];

const withOldContact = async (bench: Bench) => {
  const Contact = await bench.define(defineContact);
  const id = await storeOld(bench, Contact, STORED, ["new", "Eve"]);
  return { Contact, id };
};

export const consumedVersions = contractGroup("event versions in consumers", {
  "handlers get each part of what a stored event became": async (bench) => {
    const { Contact, id } = await withOldContact(bench);
    const seen: unknown[] = [];
    const positions: number[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Contact.name,
      topics: [Contact],
      onEvent: ({ type }, { entityId, sequence, part, parts, position }) => {
        expect(entityId).toBe(id);
        seen.push([sequence, part, parts, type]);
        positions.push(position);
      },
    });
    await consumer.catchUp();
    expect(seen).toEqual([
      [1, 1, 1, "ContactAdded"],
      [2, 1, 2, "EmailChanged"],
      [2, 2, 2, "Renamed"],
      [4, 1, 1, "Renamed"],
      [5, 1, 1, "EmailChanged"],
    ]);
    expect(positions[1]).toBe(positions[2]);
    await consumer.catchUp();
    expect(seen).toHaveLength(5);
  },

  "a handler gets what it handles, under whatever name it is stored": async (bench) => {
    const { Contact } = await withOldContact(bench);
    const names: string[] = [];
    await createStoreConsumer(bench.store, {
      name: Contact.name,
      topics: [Contact],
      on: { Renamed: ({ name }) => void names.push(name) },
    }).catchUp();
    expect(names).toEqual(["Dee", "Eve"]);
    const types: string[] = [];
    await createStoreConsumer(bench.store, {
      name: `${Contact.name}-only`,
      topics: [Contact],
      only: { types: ["EmailChanged"] },
      onEvent: ({ type }) => void types.push(type),
    }).catchUp();
    expect(types).toEqual(["EmailChanged", "EmailChanged"]);
  },

  "batches have all parts, and what became nothing is passed over": async (bench) => {
    const Contact = await bench.define(defineContact);
    await storeOld(bench, Contact, [
      ADDED,
      ...Array(4).fill({ type: "Pinged" }),
      ...STORED.slice(1),
    ]);
    const batches: string[][] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Contact.name,
      topics: [Contact],
      batch: {
        size: 2,
        handle: (events) => void batches.push(events.map(({ event }) => event.type)),
      },
    });
    await consumer.catchUp();
    expect(batches.flat()).toEqual([
      ...["ContactAdded", "EmailChanged", "Renamed", "Renamed", "EmailChanged"],
    ]);
    expect(batches.every(({ length }) => length > 0)).toBe(true);
    await consumer.catchUp();
    expect(batches.flat()).toHaveLength(5);
  },

  "skipping one part skips the rest of what the stored event became": async (bench) => {
    const { Contact } = await withOldContact(bench);
    const seen: unknown[] = [];
    const consumer = createStoreConsumer(bench.store, {
      name: Contact.name,
      topics: [Contact],
      onEvent: ({ type }, { sequence, parts }) => {
        seen.push([sequence, type]);
        return parts > 1 ? skipEvent("not needed") : undefined;
      },
    });
    await consumer.catchUp();
    expect(seen).toEqual([
      [1, "ContactAdded"],
      [2, "EmailChanged"],
      [4, "Renamed"],
      [5, "EmailChanged"],
    ]);
  },
});
