import { describe, expect, it } from "vitest";
import * as z from "zod";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { defineEntity } from "./define-entity.ts";
import type { SnapshotOptions } from "./snapshot.ts";
import { upcast } from "./upcast.ts";

const counted = z.object({ by: z.int() });

const define = (snapshot: SnapshotOptions, schema: z.ZodObject = z.object({ sum: z.int() })) =>
  defineEntity({
    name: "counter",
    schema: schema as z.ZodObject<{ sum: z.ZodInt }>,
    events: { Begun: z.object({}), Counted: counted },
    snapshot,
    create: () => ({ type: "Begun" }),
    evolve: { Begun: () => ({ sum: 0 }), Counted: ({ sum }, { by }) => ({ sum: sum + by }) },
    commands: {},
    index: {},
  });

const basisOf = (definition: { readonly plan: { readonly snapshot: unknown } }) =>
  (definition.plan.snapshot as { readonly basis: string }).basis;

describe("the option snapshot", () => {
  it("says where states are kept, and how often", () => {
    expect(define({ every: 100 }).plan.snapshot).toMatchObject({
      ...{ table: "counter_snapshots", every: 100 },
    });
  });

  it.each([
    [{ every: 0 }, "snapshot.every"],
    [{ every: 1.5 }, "snapshot.every"],
    [{ every: 1_000_001 }, "snapshot.every"],
    [{ every: "100" }, "snapshot.every"],
    [{}, "snapshot.every"],
    [{ every: 5, version: 0 }, "snapshot.version"],
    [{ every: 5, version: 1.5 }, "snapshot.version"],
    [{ every: 5, evry: 6 }, 'unknown option "evry"'],
  ])("is refused as %j", (given, problem) => {
    const make = () => define(given as unknown as SnapshotOptions);
    expect(make).toThrow(InvalidDefinitionError);
    expect(make).toThrow(problem);
  });

  it("is refused where another table has the name", () => {
    expect(() =>
      defineEntity({
        name: "counter",
        table: "counter_snapshots",
        schema: z.object({}),
        events: { Begun: z.object({}) },
        snapshot: { every: 3 },
        create: () => ({ type: "Begun" }),
        evolve: { Begun: () => ({}) },
        commands: {},
        index: {},
      }),
    ).toThrow('its index table has the name of its snapshots table, "counter_snapshots"');
  });

  it("is refused with a command in both lists", () => {
    const commands = { count: (_: unknown, by: number) => ({ type: "Counted" as const, by }) };
    const make = () =>
      defineEntity({
        name: "counter",
        schema: z.object({ sum: z.int() }),
        events: { Begun: z.object({}), Counted: counted },
        create: () => ({ type: "Begun" }),
        evolve: { Begun: () => ({ sum: 0 }), Counted: (state) => state },
        commands,
        // @ts-expect-error it is a command already
        historyCommands: commands,
        index: {},
      });
    expect(make).toThrow('the command "count" is in commands and in historyCommands');
  });
});

describe("the basis of snapshots", () => {
  const basis = basisOf(define({ every: 100 }));

  it("does not depend on how often they are written, nor on what a default happens to be", () => {
    expect(basisOf(define({ every: 7, version: 1 }))).toBe(basis);
    let calls = 0;
    const next = () => {
      calls += 1;
      return calls;
    };
    const random = () => z.object({ sum: z.int().default(next) });
    expect(basisOf(define({ every: 7 }, random()))).toBe(basisOf(define({ every: 7 }, random())));
  });

  it("changes with the version, and with what is stored", () => {
    const others = [
      define({ every: 100, version: 2 }),
      define({ every: 100 }, z.object({ sum: z.int().min(0) })),
      define({ every: 100 }, z.object({ sum: z.int(), name: z.string().optional() })),
      defineEntity({
        name: "counter",
        schema: z.object({ sum: z.int() }),
        events: { Begun: z.object({}), Counted: counted },
        versions: { Counted: [upcast(z.object({ n: z.int() }), ({ n }) => ({ by: n }))] },
        snapshot: { every: 100 },
        create: () => ({ type: "Begun" }),
        evolve: { Begun: () => ({ sum: 0 }), Counted: (state) => state },
        commands: {},
        index: {},
      }),
    ].map(basisOf);
    expect(new Set([basis, ...others]).size).toBe(5);
  });
});
