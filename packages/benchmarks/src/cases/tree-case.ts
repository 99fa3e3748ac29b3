import type { Repository } from "@annals/core";
import { createRepository, entityMigration } from "@annals/kysely-adapter";
import type { Transaction } from "kysely";
import type { BenchmarkDatabase } from "../database.ts";
import type { Variant } from "../measure/interleave.ts";
import { Invoice, Line } from "../tree.ts";
import type { CaseSource } from "./benchmark-case.ts";

const LINES = 20;
const TREES = 200;
const SCHEMA = "trees";

type Invoices = Repository<typeof Invoice, Transaction<unknown>>;

/** Loads a parent with twenty children of two events each. By hand, nothing is folded or checked. */
export const treeCase: CaseSource = {
  name: `load-tree-${LINES}`,
  unit: "trees",
  prepare: async (database, { readers }) => {
    const { invoices, ids } = await seedTrees(database, Math.min(readers, TREES));
    let at = 0;
    const next = (): string => {
      at = (at + 7_919) % ids.length;
      return ids[at] as string;
    };
    const floor = byHand("by hand, one query", database, next);
    const variants: readonly Variant[] = [
      byRepository("annals", invoices, next),
      withoutChildren("annals, children: false", invoices, next),
      floor,
      byTwo("by hand, 2 round trips", database, next),
    ];
    return { floor, variants };
  },
};

const seedTrees = async (
  { pool, db }: BenchmarkDatabase,
  count: number,
): Promise<{ readonly invoices: Invoices; readonly ids: readonly string[] }> => {
  const own = db.withSchema(SCHEMA);
  await pool.query(`create schema ${SCHEMA}`);
  for (const definition of [Invoice, Line]) await entityMigration(definition).up(own);
  const invoices = createRepository(Invoice, { db: own });
  const lines = Array.from({ length: LINES }, (_, sku) => ({ sku: `sku ${sku}`, quantity: 1 }));
  const inputs = Array.from({ length: count }, (_, at) => ({ customer: `customer ${at}`, lines }));
  const made = await invoices.createAll(inputs);
  for (const invoice of made) invoice.changeAll(2);
  await invoices.updateAll(made);
  await pool.query(`analyze ${SCHEMA}.invoices, ${SCHEMA}.lines`);
  await pool.query(`analyze ${SCHEMA}.invoice_events, ${SCHEMA}.line_events`);
  return { invoices, ids: made.map(({ id }) => id) };
};

const expectLines = (found: number | undefined): void => {
  if (found !== LINES) throw new Error(`A tree of the benchmark has ${found} lines`);
};

const byRepository = (name: string, invoices: Invoices, next: () => string): Variant => ({
  name,
  run: async () => expectLines((await invoices.findById(next())).lines.size),
});

const withoutChildren = (name: string, invoices: Invoices, next: () => string): Variant => ({
  name,
  run: async () => {
    await invoices.findById(next(), { children: false });
  },
});

const TREE = {
  name: "by_hand_tree",
  text: `select u.id, u.version, u.revision,
  (select json_agg(e.event order by e.sequence) from ${SCHEMA}.invoice_events e where e.id = u.id) as events,
  (select json_agg(json_build_array(l.id, l.version, l.events) order by l.id) from (
    select l.id, l.version, json_agg(e.event order by e.sequence) as events
    from ${SCHEMA}.lines l join ${SCHEMA}.line_events e on e.id = l.id
    where l.invoice_id = u.id
    group by l.id
  ) l) as lines
from ${SCHEMA}.invoices u where u.id = $1`,
};

const byHand = (name: string, { pool }: BenchmarkDatabase, next: () => string): Variant => ({
  name,
  run: async () => {
    const { rows } = await pool.query({ ...TREE, values: [next()] });
    expectLines(rows[0]?.lines.length);
  },
});

const PARENT = {
  name: "by_hand_tree_parent",
  text: `select u.version, e.event from ${SCHEMA}.invoices u
join ${SCHEMA}.invoice_events e on e.id = u.id where u.id = $1 order by e.sequence`,
};

const CHILDREN = {
  name: "by_hand_tree_children",
  text: `select l.id, e.event from ${SCHEMA}.lines l
join ${SCHEMA}.line_events e on e.id = l.id where l.invoice_id = $1 order by l.id, e.sequence`,
};

const byTwo = (name: string, { pool }: BenchmarkDatabase, next: () => string): Variant => ({
  name,
  run: async () => {
    const values = [next()];
    await pool.query({ ...PARENT, values });
    const { rows } = await pool.query({ ...CHILDREN, values });
    expectLines(new Set(rows.map(({ id }) => id)).size);
  },
});
