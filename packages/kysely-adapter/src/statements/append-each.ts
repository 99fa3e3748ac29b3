import { type Statement, statement } from "../connection/statement.ts";
import { bound, given, insertEvents, locked, moved, restoreBound } from "./batch-parts.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { keptSnapshotsOfAll } from "./snapshots.ts";

/**
 * Appends to any number of entities that have nothing to do with each other, in one round trip: to each
 * that is at its expected version. The answer names the places of the others.
 *
 * Parameters: $1 the members, $2 the events as `{"id", "sequence", "event"}`, both JSON lists; $3 their
 * context or null, $4 recorded at (or null for now), $5 bound on lock waits.
 * Locks: the index rows in the order of their ids, before any is changed; the events table only after that.
 * A lock that takes longer than the bound, a value that is taken and a circle of waiting writers are errors
 * after which nothing of it remains: its members are then written one by one. ON CONFLICT DO UPDATE over rows
 * that exist and are locked, as in `updateEntities`. Relies on: users_pkey.
 */
export const appendEach = (tables: EntityTables): Statement =>
  statement(
    `append_each_${tables.plan.indexTable}`,
    `with ${bound("$5")},
${given(tables)},
${locked(tables, "no key update")},
${moved(tables, `"$stored" = "$expected"`)}${keptSnapshotsOfAll(tables)}
select ${insertEvents(tables)},
  (select string_agg("$at"::text, ',') from locked where "$stored" is distinct from "$expected") as refused,
  ${restoreBound}
from bound`,
  );
