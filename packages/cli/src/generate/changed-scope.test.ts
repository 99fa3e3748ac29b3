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
