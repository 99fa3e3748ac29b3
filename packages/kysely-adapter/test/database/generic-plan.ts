import { type Kysely, sql } from "kysely";
import type { Statement } from "../../src/connection/statement.ts";

/** The generic plan of a statement, which a prepared one settles on. */
export const genericPlan = async (
  db: Kysely<unknown>,
  { sql: text }: Pick<Statement, "sql">,
): Promise<string> => {
  const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
  const nulls = Array.from({ length: count }, () => "null").join(", ");
  return db.connection().execute(async (connection) => {
    await sql.raw("set plan_cache_mode = force_generic_plan").execute(connection);
    await sql.raw(`prepare probe as ${text}`).execute(connection);
    const call = count === 0 ? "probe" : `probe(${nulls})`;
    const { rows } = await sql
      .raw<{ "QUERY PLAN": string }>(`explain (costs off) execute ${call}`)
      .execute(connection);
    await sql.raw("deallocate probe").execute(connection);
    await sql.raw("reset plan_cache_mode").execute(connection);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  });
};
