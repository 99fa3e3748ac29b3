import { describe, expect, it } from "vitest";
import * as z from "zod";
import { InvalidDefinitionError } from "../errors/define-errors.ts";
import { defineEntity } from "./define-entity.ts";

const base = {
  name: "member",
  schema: z.object({
    tenantId: z.string(),
    region: z.enum(["eu", "us"]),
    email: z.string(),
    team: z.string(),
    nick: z.string().nullable(),
    score: z.number(),
    isNew: z.boolean(),
    position: z.int(),
  }),
  events: { Joined: z.object({ email: z.string() }) },
  create: () => ({ type: "Joined", email: "" }) as const,
  evolve: { Joined: () => ({}) as never },
  commands: {},
  index: {},
} as const;

/** Without the types, which refuse most of it before it runs. */
const define = (literal: object) => defineEntity({ ...base, ...literal } as never);

describe("a scope", () => {
  it("leads the columns, unique values and their constraints, and needs no entry in index", () => {
    const { plan } = define({
      scope: ["tenantId", "region"],
      index: { email: { unique: true }, tenantId: { references: "tenants" } },
      uniqueTogether: [["email", "team"]],
      computed: { team: { from: () => "x", type: "text" } },
    });
    expect(plan.scope).toEqual(["tenantId", "region"]);
    expect(plan.columns.map(({ column }) => column)).toEqual([
      ...["tenant_id", "region", "email", "team"],
    ]);
    expect(plan.columns.map(({ immutable }) => immutable)).toEqual([true, true, false, false]);
    expect(plan.columns[0]?.references).toEqual({ table: "tenants", column: "id" });
    expect(plan.uniques).toEqual([
      {
        constraint: "members_email_key",
        properties: ["tenantId", "region", "email"],
        lookup: ["email"],
        columns: ["tenant_id", "region", "email"],
      },
      {
        constraint: "members_email_team_key",
        properties: ["tenantId", "region", "email", "team"],
        lookup: ["email", "team"],
        columns: ["tenant_id", "region", "email", "team"],
      },
    ]);
  });

  it.each([
    ["a field that there is not", { scope: ["tenant"] }, /"tenant" is not a field/],
    ["a field twice", { scope: ["tenantId", "tenantId"] }, /names a column twice/],
    ["a field that may have no value", { scope: ["nick"] }, /"nick" may have no value/],
    ["a number with a fraction", { scope: ["score"] }, /a value of type double/],
    ["a boolean", { scope: ["isNew"] }, /a value of type boolean/],
    ["a name that events tables have", { scope: ["position"] }, /a column "position" of its own/],
    [
      "a unique column",
      { scope: ["tenantId"], index: { tenantId: { unique: true } } },
      /neither unique nor normalized/,
    ],
    [
      "a normalized column",
      { scope: ["tenantId"], index: { tenantId: { normalize: (text: string) => text } } },
      /neither unique nor normalized/,
    ],
    [
      "a column that is said again",
      { scope: ["tenantId"], index: { email: {} }, uniqueTogether: [["tenantId", "email"]] },
      /uniqueTogether names "tenantId"/,
    ],
  ])("is not made of %s", (_, literal, problem) => {
    expect(() => define(literal)).toThrow(InvalidDefinitionError);
    expect(() => define(literal)).toThrow(problem);
  });

  it("is what row-level security keeps apart, in a whole tree or nowhere", () => {
    expect(define({ scope: ["tenantId"] }).plan.rowLevelSecurity).toBe(false);
    const secured = { scope: ["tenantId"], rowLevelSecurity: true };
    expect(define(secured).plan.rowLevelSecurity).toBe(true);
    expect(() => define({ rowLevelSecurity: true })).toThrow(/without a scope/);
    const child = { name: "badge", parent: "member", index: {}, scope: ["tenantId"] };
    const badges = define({ ...child, rowLevelSecurity: true });
    expect(() => define({ ...secured, children: { badges } })).not.toThrow();
    const differs = /its child "badge" and itself differ in rowLevelSecurity/;
    expect(() => define({ scope: ["tenantId"], children: { badges } })).toThrow(differs);
    expect(() => define({ ...secured, children: { badges: define(child) } })).toThrow(differs);
  });

  it("is the same for a parent and its children", () => {
    const child = { name: "badge", parent: "member", index: {} };
    const Scoped = define({ ...child, scope: ["tenantId"] });
    const Plain = define(child);
    expect(() => define({ scope: ["tenantId"], children: { badges: Scoped } })).not.toThrow();
    for (const literal of [
      { scope: ["tenantId"], children: { badges: Plain } },
      { children: { badges: Scoped } },
      { scope: ["tenantId", "region"], children: { badges: Scoped } },
    ]) {
      expect(() => define(literal)).toThrow(/its child "badge" has another scope/);
    }
  });
});
