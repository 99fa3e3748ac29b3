import { type CreateView, type CreateViewOf, defineEntity } from "@annals/core";
import * as z from "zod";

// What the database itself keeps apart: a parent and its children, for a role that can do nothing else.

type Tenancy = CreateView<{ tenantId: string; branch: number }>;

export const Zone = defineEntity({
  name: "zone",
  parent: { name: "tenancy", table: "tenancies" },
  scope: ["tenantId", "branch"],
  rowLevelSecurity: true,
  snapshot: { every: 2 },
  writerRole: "annals_test_tenant",
  schema: z.object({ tenantId: z.uuid(), branch: z.int(), name: z.string() }),
  events: {
    ZoneAdded: z.object({ tenantId: z.uuid(), branch: z.int(), name: z.string() }),
    ZoneNamed: z.object({ name: z.string() }),
  },
  create: (name: string, { scope }: Tenancy) => ({ type: "ZoneAdded", ...scope, name }),
  evolve: {
    ZoneAdded: (_, { tenantId, branch, name }) => ({ tenantId, branch, name }),
    ZoneNamed: (state, { name }) => ({ ...state, name }),
  },
  commands: { rename: (_, name: string) => ({ type: "ZoneNamed", name }) },
  index: { name: {} },
});

export const Tenancy = defineEntity({
  name: "tenancy",
  table: "tenancies",
  scope: ["tenantId", "branch"],
  rowLevelSecurity: true,
  snapshot: { every: 2 },
  writerRole: "annals_test_tenant",
  schema: z.object({ tenantId: z.uuid(), branch: z.int(), code: z.string(), note: z.string() }),
  events: {
    TenancyBegun: z.object({ tenantId: z.uuid(), branch: z.int(), code: z.string() }),
    Noted: z.object({ note: z.string() }),
    Moved: z.object({ code: z.string() }),
    TenancyEnded: z.object({}),
  },
  children: { zones: Zone },
  create: (code: string, { scope }: Tenancy & CreateViewOf<{ zones: typeof Zone }>) => ({
    type: "TenancyBegun",
    ...scope,
    code,
  }),
  evolve: {
    TenancyBegun: (_, { tenantId, branch, code }) => ({ tenantId, branch, code, note: "" }),
    Noted: (state, { note }) => ({ ...state, note }),
    Moved: (state, { code }) => ({ ...state, code }),
    TenancyEnded: (state) => state,
  },
  commands: {
    note: (_, note: string) => ({ type: "Noted", note }),
    move: (_, code: string) => ({ type: "Moved", code }),
    addZone: ({ zones }, name: string) => {
      zones.create(name);
    },
    renameZones: ({ zones }, name: string) => {
      for (const zone of zones) zone.rename(name);
    },
  },
  index: { code: { unique: true }, note: {} },
  lifecycle: { delete: "TenancyEnded" },
});

/** One without children, whose writes are gathered. */
export const Badge = defineEntity({
  name: "badge",
  scope: ["tenantId"],
  rowLevelSecurity: true,
  snapshot: { every: 2 },
  writerRole: "annals_test_tenant",
  schema: z.object({ tenantId: z.string(), number: z.int() }),
  events: {
    BadgeMade: z.object({ tenantId: z.string(), number: z.int() }),
    Renumbered: z.object({ number: z.int() }),
  },
  create: (number: number, { scope }: CreateView<{ tenantId: string }>) => ({
    type: "BadgeMade",
    ...scope,
    number,
  }),
  evolve: {
    BadgeMade: (_, { tenantId, number }) => ({ tenantId, number }),
    Renumbered: (state, { number }) => ({ ...state, number }),
  },
  commands: { renumber: (_, number: number) => ({ type: "Renumbered", number }) },
  index: { number: { unique: true } },
});
