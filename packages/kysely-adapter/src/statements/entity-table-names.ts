import { createHash } from "node:crypto";
import type { EntityPlan } from "@annals/core/adapter";
import { qualify, quoteText } from "../tables/quote.ts";

/** An entity's plan, and where its tables are. What every statement is built from. */
export interface EntityTables {
  readonly plan: EntityPlan;
  readonly schema: string;
  /** The qualified, quoted name of the index table. */
  readonly index: string;
  /** The qualified, quoted name of the events table. */
  readonly events: string;
  /** Where states are kept; `undefined` where none are. */
  readonly snapshots: SnapshotNames | undefined;
}

/** The table that states are kept in, and which of its rows count. */
export interface SnapshotNames {
  /** The qualified, quoted name of the table. */
  readonly table: string;
  /** What the snapshots of this definition are known by, as a literal. */
  readonly fingerprint: string;
  /** After how many events the state is kept again. */
  readonly every: number;
}

export const entityTableNames = (plan: EntityPlan, schema: string): EntityTables => ({
  plan,
  schema,
  index: qualify(schema, plan.indexTable),
  events: qualify(schema, plan.eventsTable),
  snapshots: plan.snapshot && {
    table: qualify(schema, plan.snapshot.table),
    fingerprint: quoteText(fingerprintOf(plan.snapshot)),
    every: plan.snapshot.every,
  },
});

type SnapshotPlan = NonNullable<EntityPlan["snapshot"]>;

const fingerprints = new WeakMap<SnapshotPlan, string>();

/** 128 bits of the SHA-256 of all that the snapshots rest on. */
const fingerprintOf = (plan: SnapshotPlan): string => {
  const known = fingerprints.get(plan);
  if (known !== undefined) return known;
  const made = createHash("sha256").update(plan.basis).digest("hex").slice(0, 32);
  fingerprints.set(plan, made);
  return made;
};
