import { type Statement, statement } from "../connection/statement.ts";
import { bound, restoreBound } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";

/**
 * Keeps any number of entities at the versions they were read at, until the transaction ends, in one round
 * trip.
 *
 * Parameters: $1 a JSON list of `{"id", "version", "revision", "writes", "at"}`, $2 bound on lock waits.
 * Locks: the index rows in the order of their ids, so that whoever holds overlapping ones waits for one
 * another. What is about to be written as an append would; what was only read for share, so that those
 * who only read an entity do not wait for each other. Conflict: the lowest `at` of an entity that is not
 * as it was read. Relies on: users_pkey.
 */
export const holdEntities = ({ plan, index }: EntityTables): Statement => {
  const numbers = plan.hasRevision ? ["version", "revision"] : ["version"];
  const row = (alias: string, condition: string, strength: string): string =>
    `left join lateral (
    select ${numbers.join(", ")} from ${index} where id = g.id and ${condition} for ${strength}
  ) ${alias} on true`;
  const moved = numbers.map((name) => `g.${name} is distinct from coalesce(w.${name}, r.${name})`);
  return statement(
    `hold_${plan.indexTable}`,
    `with ${bound("$2")},
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json)
    as g (id uuid, version integer, revision integer, writes boolean, at integer)
  where bound.applied is not null
  order by g.id
),
held as materialized (
  select g.at, ${moved.join(" or ")} as moved
  from given g ${row("w", "g.writes", "no key update")} ${row("r", "not g.writes", "share")}
),
conflict as materialized (
  select min(at) as at from held where moved
)
select conflict.at as conflict, ${restoreBound}
from bound cross join conflict`,
  );
};
