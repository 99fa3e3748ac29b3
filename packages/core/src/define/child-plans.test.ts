import { describe, expect, it } from "vitest";
import * as z from "zod";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { defineEntity } from "./define-entity.ts";

const entity = (extra: object, name = "line") =>
  defineEntity({
    name,
    schema: z.object({ text: z.string() }),
    events: { Made: z.object({ text: z.string() }) },
    create: (text: string) => ({ type: "Made", text }),
    evolve: { Made: (_, { text }) => ({ text }) },
    commands: { rewrite: (_view, text: string) => ({ type: "Made", text }) },
    index: { text: {} },
    ...(extra as Record<never, never>),
  });

describe("a child", () => {
  it("has its parent's id in an index column that refers to it", () => {
    const { plan } = entity({ parent: "order", uniqueTogether: [["orderId", "text"]] });
    expect(plan.parent).toEqual({
      entity: "order",
      property: "orderId",
      column: "order_id",
      table: "orders",
    });
    expect(plan.columns[0]).toMatchObject({
      property: "orderId",
      column: "order_id",
      type: { kind: "uuid" },
      nullable: false,
      immutable: true,
      references: { table: "orders", column: "id" },
    });
    expect(plan.uniques[0]).toMatchObject({
      constraint: "lines_order_id_text_key",
      columns: ["order_id", "text"],
    });
    expect(plan.hasRevision).toBe(false);
  });

  it("can name the table of its parent", () => {
    const { plan } = entity({ parent: { name: "person", table: "people" } });
    expect(plan.parent).toMatchObject({ entity: "person", column: "person_id", table: "people" });
    expect(
      entity(
        {
          table: "people",
          children: { lines: entity({ parent: { name: "person", table: "people" } }) },
        },
        "person",
      ).plan.hasRevision,
    ).toBe(true);
  });
});

describe("a parent", () => {
  it("knows its kinds of children, and that its tree has a revision", () => {
    const leaf = entity({ parent: "branch" }, "leaf");
    const branch = entity({ parent: "trunk", children: { leaves: leaf } }, "branch");
    const { plan } = entity(
      { children: { branches: { entity: branch, guarded: false } } },
      "trunk",
    );
    expect(plan.children).toEqual([{ name: "branches", plan: branch.plan }]);
    expect([plan, branch.plan, leaf.plan].map(({ hasRevision }) => hasRevision)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    ["an entity without a parent", { lines: entity({}) }, "declares no parent"],
    [
      "the child of another",
      { lines: entity({ parent: "invoice" }) },
      'declares the parent "invoice"',
    ],
    ["what is no entity", { lines: {} }, "are no entity"],
    ["nothing", { lines: null }, "are no entity"],
    [
      "a name that entities own",
      { state: entity({ parent: "order" }) },
      'cannot be called "state"',
    ],
    ["a name that views own", { now: entity({ parent: "order" }) }, 'cannot be called "now"'],
    [
      "the name of a command",
      { rewrite: entity({ parent: "order" }) },
      'cannot be called "rewrite"',
    ],
    ["a name that is no word", { "the-lines": entity({ parent: "order" }) }, "cannot be called"],
  ])("refuses %s", (_, children, problem) => {
    expect(() => entity({ children }, "order")).toThrow(InvalidDefinitionError);
    expect(() => entity({ children }, "order")).toThrow(problem);
  });

  it("refuses one entity as two kinds", () => {
    const line = entity({ parent: "order" });
    expect(() => entity({ children: { lines: line, gifts: line } }, "order")).toThrow(
      'its children "gifts" are declared under another name as well',
    );
  });

  it("refuses the child of a table that is not its own", () => {
    const line = entity({ parent: "person" });
    expect(() => entity({ table: "people", children: { lines: line } }, "person")).toThrow(
      'declares the parent "person" in the table "persons"',
    );
  });

  it("keeps the name of its revision", () => {
    expect(() =>
      defineEntity({
        name: "order",
        schema: z.object({ revision: z.int() }),
        events: { Made: z.object({}) },
        create: () => ({ type: "Made" }),
        evolve: { Made: () => ({ revision: 1 }) },
        commands: {},
        index: { revision: {} },
        children: { lines: entity({ parent: "order" }) as never },
      }),
    ).toThrow('a column "revision" of its own');
  });

  it.each([
    ["itself", "line"],
    ["no word", "the order"],
    ["nothing", ""],
  ])("cannot be %s", (_, parent) => {
    expect(() => entity({ parent })).toThrow("its parent is not the name of another entity");
  });
});
