import { type Statement, statement } from "../connection/statement.ts";
import { bound, restoreBound } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { claimedKey, firstAfterKey } from "./idempotency-key.ts";
import { scopeCondition } from "./in-scope.ts";

/**
 * Raises the revisions of any number of trees, in one round trip: of all, or of none.
 *
 * Parameters: $1 a JSON list of `{"id", "revision", "at"}`, $2 bound on lock waits.
 * Locks: the index rows in the order of their ids, before any is changed, so that overlapping writes of
 * trees wait for one another. Conflict: the lowest `at` of a tree that is not at its revision.
 * Relies on: users_pkey.
 */
export const touchTrees = ({ plan, index }: EntityTables): Statement =>
  statement(
    `touch_all_${plan.indexTable}`,
    `with ${bound("$2")},
given as materialized (
  select g.*
  from bound cross join json_to_recordset($1::json) as g (id uuid, revision integer, at integer)
  where bound.applied is not null
  order by g.id
),
locked as materialized (
  select g.*, u.revision as stored
  from given g left join lateral (
    select * from ${index} where id = g.id for no key update
  ) u on true
),
conflict as materialized (
  select min(at) as at from locked where stored is distinct from revision
),
touched as (
  update ${index} set revision = revision + 1
  where id = any (case when (select at from conflict) is null then (select array_agg(id) from locked) end)
  returning true
)
select conflict.at as conflict, (select count(*)::int from touched) as touched, ${restoreBound}
from bound cross join conflict`,
  );

/** What of a write without events of its own changes the text of its statement. */
export interface TouchShape {
  /** Whether it raises the tree's revision, or takes a key alone. */
  readonly raises: boolean;
  readonly keyed: boolean;
}

/**
 * Raises the revision of one tree of which children alone are written, or takes the key of a request that
 * writes nothing of an entity, or both.
 *
 * Parameters: $1 id, $2 version, $3 the same, $4 revision, $5 bound on lock waits; with a key, those of
 * KEY_PARAMETERS, of which $6 and $7 are none; then the scope, in which the row has to be. Locks: the index row, then the key. Conflict: no row with
 * `written`. Relies on: users_pkey, with a key idempotency_keys_pkey.
 */
export const touchTree = (tables: EntityTables, { raises, keyed }: TouchShape): Statement => {
  const { plan, index } = tables;
  const unused = keyed ? " and $6::text is null and $7::text is null" : "";
  const revision = plan.hasRevision ? `u.revision ${raises ? "=" : ">="} $4::int` : "$4::int = 0";
  const isThere = `u.id = $1::uuid and u.version = $2::int and $3::int = $2::int and ${revision}${unused}${scopeCondition(plan, keyed ? firstAfterKey(plan) : 6)}`;
  const key = keyed ? `${claimedKey(tables, "from locked")},\n` : "";
  const from = keyed ? "claimed c" : "locked c";
  const written = raises
    ? `w as (
  update ${index} u set revision = u.revision + 1
  from ${from} where u.id = $1::uuid
  returning u.id
)`
    : `w as (select true from ${from})`;
  return statement(
    `touch${keyed ? "_once" : ""}_${plan.indexTable}`,
    `with ${bound("$5")},
locked as materialized (
  select u.id from ${index} u, bound
  where ${isThere} and bound.applied is not null
  for no key update of u
),
${key}${written}
select (select true from w) as written, ${restoreBound}
from bound`,
  );
};
