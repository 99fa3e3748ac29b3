import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineEntity, upcast, upcastToEvents } from "../index.ts";
import { brokenContracts, eventContract } from "./event-contract.ts";

describe("the event contract", () => {
  const entity = (events: Record<string, z.ZodObject>, more: object = {}) =>
    defineEntity({
      name: "thing",
      schema: z.object({}),
      events,
      create: () => ({ type: "Made" }) as never,
      evolve: Object.fromEntries(Object.keys(events).map((type) => [type, () => ({})])) as never,
      commands: {},
      index: {},
      ...more,
    } as never);
  const made = z.object({ size: z.int() });

  it("has every type with every version, in stored form", () => {
    const definition = entity(
      { Made: z.object({ size: z.string() }) },
      {
        versions: { Made: [upcast(made, ({ size }) => ({ size: String(size) }))] },
        renamed: { Built: "Made" },
        retired: { Gone: [upcastToEvents(z.object({}), () => [])] },
      },
    );
    const contract = eventContract(definition);
    const versions = Object.entries(contract).map(([type, each]) => [type, Object.keys(each)]);
    expect(versions).toEqual([
      ["Made", ["1", "2"]],
      ["Gone", ["1"]],
      ["Built", ["1", "2"]],
    ]);
    expect(contract.Made?.[1]).toMatchObject({ properties: { size: { type: "integer" } } });
  });

  it("is broken by a narrower schema, but not by a new version with an upcaster", () => {
    const before = eventContract(entity({ Made: made }));
    const narrower = z.object({ size: z.string() });
    expect(brokenContracts(before, eventContract(entity({ Made: narrower })))).toEqual([
      { type: "Made", version: 1, problem: "size is string, and was integer." },
    ]);
    const versions = { Made: [upcast(made, ({ size }) => ({ size: String(size) }))] };
    expect(
      brokenContracts(before, eventContract(entity({ Made: narrower }, { versions }))),
    ).toEqual([]);
    expect(brokenContracts(before, eventContract(entity({ Born: made })))).toEqual([
      { type: "Made", version: 1, problem: "The definition does not read it any more." },
    ]);
  });
});
