import { type Statement, statement } from "../connection/statement.ts";
import { bound, given, insertEvents, locked, moved, restoreBound, taken } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { keptSnapshotsOfAll } from "./snapshots.ts";

/**
 * Appends to any number of entities, index rows and events, in one round trip: all or none.
 *
 * Unique constraints are checked row by row, so the rows are written in the order of `$place`, in which
 * a value is given up before it is taken. Only an INSERT has the order of its ORDER BY under every plan;
 * an UPDATE has that of its join. Hence ON CONFLICT DO UPDATE over rows that exist, are locked and are
 * at their version: none of them is ever inserted.
 *
 * Parameters: $1 the members, $2 the events as `{"id", "sequence", "event"}`, both JSON lists; $3 their
 * context or null, $4 recorded at (or null for now), $5 bound on lock waits, $6 whether to look for values
 * that are taken, which are a unique violation otherwise.
 * Locks: the index rows in the order of their ids, before any is changed, so that overlapping batches
 * wait for one another and a conflict changes nothing; with `moves` as changes of a key need it, since a
 * lock that is raised later can deadlock. The events table only after that.
 * Relies on: users_pkey and the unique constraints' indexes.
 */
export const updateEntities = (tables: EntityTables, shape: { moves: boolean }): Statement =>
  statement(
    `append_all_${tables.plan.indexTable}`,
    `with ${bound("$5")},
${given(tables)},
${locked(tables, shape.moves ? "update" : "no key update")},
${taken(tables, false, "$6::boolean")},
${moved(tables, `(select at from conflict) is null and (select at from taken) is null`)}${keptSnapshotsOfAll(tables)}
select conflict.at as conflict, taken.at as taken_at, taken.which as taken_in,
  case when conflict.at is null and taken.at is null then ${insertEvents(tables)} end,
  ${restoreBound}
from bound cross join conflict left join taken on true`,
  );
