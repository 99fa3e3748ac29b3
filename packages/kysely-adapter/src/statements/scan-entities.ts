import type { JsonObject } from "@annals/core";
import { type Statement, statement } from "../connection/statement.ts";
import type { EntityTables, SnapshotNames } from "./entity-table-names.ts";
import { ownEntityColumns, type StoredEntityRow } from "./stored-entity.ts";

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
 * Every entity of a range of ids with its events, and its snapshot, all as of one moment.
 * Parameters: $1 id before the range or null, $2 last id. Locks: none.
 * Relies on: users_pkey, user_events_id_sequence_key, user_snapshots_pkey.
 */
export const loadRange = (tables: EntityTables): Statement =>
  statement(
    `load_range_${tables.plan.indexTable}`,
    `select ${ownEntityColumns(tables)}${snapshotColumn(tables)}
from ${tables.index} u
where u.id > ${fromId} and u.id <= $2::uuid
order by u.id`,
  );

const snapshotColumn = ({ snapshots }: EntityTables): string =>
  snapshots === undefined
    ? ""
    : `,
  (select json_build_array(version, snapshot) from ${snapshots.table} where id = u.id and fingerprint = ${snapshots.fingerprint}) as snapshot`;

export interface RangeRow extends StoredEntityRow {
  /** Its snapshot with the version that it is of. */
  readonly snapshot?: readonly [version: number, body: JsonObject] | null;
}

/**
 * Drops snapshots that are still of the version at which they were looked at.
 * Parameters: $1 a JSON list of `{"id", "version"}`. Returns those that were dropped. Locks: the rows.
 * Relies on: user_snapshots_pkey.
 */
export const dropWrongSnapshots = ({ plan }: EntityTables, { table, fingerprint }: SnapshotNames) =>
  statement(
    `drop_wrong_snapshots_${plan.indexTable}`,
    `delete from ${table} s using json_to_recordset($1::json) as e (id uuid, version int)
where s.id = e.id and s.fingerprint = ${fingerprint} and s.version = e.version
returning s.id`,
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
