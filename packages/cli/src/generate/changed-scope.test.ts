import { defineEntity } from "@annals/core";
import { expect, it } from "vitest";
import * as z from "zod";
import { CliError } from "../cli-error.ts";
import { entityChanges } from "./changed-entity.ts";
import { EMPTY_LOCK, lockOf } from "./schema-lock.ts";

const fields = { tenantId: z.string(), region: z.string() };
const literal = {
  name: "member",
  schema: z.object(fields),
  events: { Joined: z.object(fields) },
  create: (input: { tenantId: string; region: string }) => ({ type: "Joined", ...input }) as const,
  evolve: {
    Joined: (_: undefined, { tenantId, region }: { tenantId: string; region: string }) => ({
      tenantId,
      region,
    }),
  },
  commands: {},
  index: {},
} as const;

const lock = (...entities: Parameters<typeof lockOf>[0]["entities"]) =>
  lockOf({ entities, topics: [], schema: "public" });

const plain = lock(defineEntity(literal));
const byTenant = lock(defineEntity({ ...literal, scope: ["tenantId"] }));
const byBoth = lock(defineEntity({ ...literal, scope: ["tenantId", "region"] }));

it("creates an entity with its scope, and leaves it alone from then on", () => {
  expect(entityChanges(EMPTY_LOCK, byTenant)).toHaveLength(1);
  expect(entityChanges(byTenant, byTenant)).toEqual([]);
  // What lock files of entities without a scope say stays as it was.
  expect(JSON.stringify(plain)).not.toContain('"scope"');
});

it("refuses to change the scope of stored events", () => {
  for (const [before, after] of [
    [plain, byTenant],
    [byTenant, plain],
    [byTenant, byBoth],
  ] as const) {
    expect(() => entityChanges(before, after)).toThrow(CliError);
  }
  expect(() => entityChanges(plain, byTenant)).toThrow(
    "The scope of member changes from none to tenantId",
  );
});

it("turns row-level security on and off", () => {
  const secured = lock(defineEntity({ ...literal, scope: ["tenantId"], rowLevelSecurity: true }));
  const on = entityChanges(byTenant, secured).flatMap(({ expand }) => expand);
  expect(on.map((sql) => sql.replace(/^--.*\n/, "").split("\n")[0])).toEqual([
    'alter table "public"."members" enable row level security',
    'create policy "members_scope" on "public"."members"',
    'alter table "public"."member_events" enable row level security',
    'create policy "member_events_scope" on "public"."member_events"',
  ]);
  const off = entityChanges(secured, byTenant).flatMap(({ expand }) => expand);
  expect(off).toEqual([
    'drop policy "member_events_scope" on "public"."member_events"',
    'alter table "public"."member_events" disable row level security',
    'drop policy "members_scope" on "public"."members"',
    'alter table "public"."members" disable row level security',
  ]);
});
