import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables } from "./entity-table-names.ts";
import { ownEntityColumns } from "./stored-entity.ts";

/** Where a walk begins; no entity has the nil UUID. */
export const fromId = "coalesce($1::uuid, '00000000-0000-0000-0000-000000000000')";

/**
 * The id at which a batch of rows after another id ends: the last row of the batch, or of the table.
 * Parameters: $1 id or null, $2 rows in a batch. Locks: none. Relies on: users_pkey, alone.
 */
export const batchEnd = ({ plan, index }: EntityTables): Statement =>
  statement(
    `batch_end_${plan.indexTable}`,
    `select id, (count(*) over ())::int as rows
from (select id from ${index} where id > ${fromId} order by id limit $2::bigint) batch
order by id desc limit 1`,
  );

export interface BatchEndRow {
  readonly id: string;
  readonly rows: number;
}

/**
 * Every entity of a range of ids with its events, row and events as of one moment.
 * Parameters: $1 id before the range or null, $2 last id. Locks: none.
 * Relies on: users_pkey, user_events_id_sequence_key.
 */
export const loadRange = (tables: EntityTables): Statement =>
  statement(
    `load_range_${tables.plan.indexTable}`,
    `select ${ownEntityColumns(tables)}
from ${tables.index} u
where u.id > ${fromId} and u.id <= $2::uuid
order by u.id`,
  );

/**
 * How many entities there are, by the planner's estimate.
 * Parameters: none. Locks: none.
 */
export const estimatedCount = ({ plan, index }: EntityTables): Statement =>
  statement(
    `estimated_count_${plan.indexTable}`,
    `select greatest(reltuples, 0)::float8 as count from pg_class where oid = '${index.replaceAll("'", "''")}'::regclass`,
  );
