import { entityMigration } from "@annals/kysely-adapter";
import type { BenchmarkDatabase } from "../database.ts";
import { ChainedUser } from "../entity.ts";
import type { Variant } from "../measure/interleave.ts";
import { seedUsers, type Tables } from "../tables.ts";
import { byStatement } from "./append-case.ts";
import type { CaseSource } from "./benchmark-case.ts";

/** What the database refuses, rule by rule, and how a table is rid of each. */
const RULES = {
  reference: "alter table $.user_events drop constraint user_events_id_fkey",
  checks: `alter table $.user_events drop constraint user_events_sequence_check,
    drop constraint user_events_event_type_check, drop constraint user_events_event_check`,
  immutability: `drop trigger user_events_immutable on $.user_events;
    drop trigger user_events_erasure on $.user_events`,
  contiguity: "drop trigger user_events_contiguous on $.user_events",
  previous: "alter table $.user_events drop column previous cascade",
} as const;

type Rule = keyof typeof RULES;

const minimal: readonly Rule[] = ["reference", "checks", "immutability"];

/** What is measured: each rule alone, and together what `guards` chooses. */
const SETS: Readonly<Record<string, readonly Rule[]>> = {
  none: [],
  "reference to the index row": ["reference"],
  "checks of type and version": ["checks"],
  immutability: ["immutability"],
  contiguity: ["contiguity"],
  "reference to the previous event": ["previous"],
  "guards: minimal": minimal,
  "guards: full": [...minimal, "contiguity"],
  "guards: chained": [...minimal, "contiguity", "previous"],
};

/** Appends one event by one hand-written statement, where the database keeps more rules or fewer. */
export const rulesCase: CaseSource = {
  name: "rules",
  unit: "events",
  prepare: async (database, { body, writersPerWorker }) => {
    const variants: Variant[] = [];
    for (const [name, kept] of Object.entries(SETS)) {
      const tables = await createTables(database, variants.length, kept);
      await seedUsers(database.pool, tables, "body", { users: body, events: 2 });
      variants.push(await byStatement(name, { database, tables, writersPerWorker }));
    }
    return { floor: variants[0] as Variant, variants };
  },
};

const createTables = async (
  { pool, db }: BenchmarkDatabase,
  number: number,
  kept: readonly Rule[],
): Promise<Tables> => {
  const tables: Tables = `rules_${number}`;
  await pool.query(`create schema ${tables}`);
  await entityMigration(ChainedUser).up(db.withSchema(tables));
  for (const rule of Object.keys(RULES) as Rule[]) {
    if (!kept.includes(rule)) await pool.query(RULES[rule].replaceAll("$", tables));
  }
  return tables;
};
