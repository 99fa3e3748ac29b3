import type { EntityTables } from "./entity-table-names.ts";
import { scopeOnly } from "./in-scope.ts";
import { storedEntityColumns } from "./stored-entity.ts";
import type { SeenTree } from "./tree-columns.ts";
import { visibleOnly } from "./visible-rows.ts";

/**
 * The entities whose ids a user's query yields, each once, where the query has it first. Ids without an
 * index row are left out, those of deleted entities unless they are to be seen, and those of other scopes.
 * Parameters: the query's own, then the scope where one is seen alone, then the values that children are chosen by. Locks: what the query locks. Relies on: what the query relies on, users_pkey,
 * user_events_id_sequence_key.
 *
 * Numbering the rows keeps their order: a join promises none. The query ends on a line of its own, so
 * that a comment at its end hides nothing.
 */
export const queriedEntities = (
  tables: EntityTables,
  query: string,
  seen?: SeenTree,
  /** The first parameter that the query does not have. */
  next = 1,
): string =>
  `select ${storedEntityColumns(tables, seen)}
from (
  select id, min(place) as place
  from (select q.id::uuid as id, row_number() over () as place from (
${query}
) q) placed
  group by id
) p
join ${tables.index} u on u.id = p.id${visibleOnly(tables, seen)}${scopeOnly(tables, seen, next)}
order by p.place`;
