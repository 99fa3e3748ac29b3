import { statement, unprepared } from "../connection/statement.ts";
import { quoteName, quoteText } from "../tables/quote.ts";
import type { EntityTables, SnapshotNames } from "./entity-table-names.ts";
import { isKeyOf } from "./idempotency-key.ts";

/** What is still known of the subject $1 in the tables of the framework. Locks: none. Relies on: subjects_pkey, personal_values_subject_idx, subject_uses_pkey. */
export const subjectRemnants = statement(
  "subject_remnants",
  `select
  (select count(*)::int from annals.subjects s where s.subject = $1 and s.forgotten_at is not null) as forgotten,
  (select count(*)::int from annals.subjects s where s.subject = $1 and s.wrapped is not null) as keys,
  (select count(*)::int from annals.personal_values v where v.subject = $1) as values,
  (select count(*)::int from annals.subject_uses u where u.subject = $1 and u.forgotten_at is null) as uses`,
);

export interface SubjectRemnantsRow {
  readonly forgotten: number;
  readonly keys: number;
  readonly values: number;
  readonly uses: number;
}

/** Requests of entities that have values of the subject $1, and still tell what was asked. Locks: none. Relies on: subject_uses_pkey. */
export const requestRemnants = (tables: EntityTables) =>
  statement(
    `request_remnants_${tables.plan.indexTable}`,
    `select count(*)::int as rows from annals.idempotency_keys k
join annals.subject_uses u on u.id = k.entity_id::text
where ${isKeyOf(tables, "k.scope")} and u.subject = $1 and u.topic = ${quoteText(tables.plan.name)}
  and k.fingerprint <> decode(repeat('00', 32), 'hex')`,
  );

/** Snapshots that are older than the event $2, by which an entity was told that the subject $1 was forgotten. Locks: none. Relies on: subject_uses_pkey, user_events_id_sequence_key. */
export const snapshotRemnants = ({ plan, events }: EntityTables, { table }: SnapshotNames) =>
  statement(
    `snapshot_remnants_${plan.indexTable}`,
    `select count(*)::int as rows from ${table} s
join annals.subject_uses u on u.id = s.id::text
where u.subject = $1 and u.topic = ${quoteText(plan.name)}
  and s.version < (select max(sequence) from ${events} e where e.id = s.id and e.event_type = $2)`,
  );

/** All tables that people's data may be in. Locks: none. */
export const searchedTables = statement(
  "searched_tables",
  `select n.nspname as schema, c.relname as table
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%'
order by 1, 2`,
);

export interface SearchedTableRow {
  readonly schema: string;
  readonly table: string;
}

/** How many rows of a table have one of the texts $1 in them, in any column, capitals or not. Reads all of it. Locks: none. */
export const rowsWithTexts = ({ schema, table }: SearchedTableRow) =>
  unprepared(
    "rows_with_texts",
    `select count(*)::int as rows from ${quoteName(schema)}.${quoteName(table)} t
where exists (select from unnest($1::text[]) as n (text) where strpos(lower(to_jsonb(t)::text), n.text) > 0)`,
  );
