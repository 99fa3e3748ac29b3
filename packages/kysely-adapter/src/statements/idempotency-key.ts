import type { EntityPlan } from "@annals/core/adapter";
import { DEFAULT_SCHEMA } from "../connection/schema-name.ts";
import { type Statement, statement } from "../connection/statement.ts";
import { quoteText } from "../tables/quote.ts";
import type { EntityTables } from "./entity-table-names.ts";
import type { StoredEntityRow } from "./stored-entity.ts";
import { childrenColumn } from "./tree-columns.ts";

/**
 * What a keyed statement's key is unique in: the entity; with its schema, where that is not the usual one;
 * and for entities that are divided into scopes, the caller's, which is a parameter.
 */
const scopeOf = (tables: EntityTables, parameter: number): string =>
  tables.plan.scope.length === 0
    ? quoteText(entityOf(tables))
    : `${quoteText(`${entityOf(tables)} `)} || $${parameter}::text`;

const entityOf = ({ plan, schema }: EntityTables): string =>
  schema === DEFAULT_SCHEMA ? plan.name : `${schema}.${plan.name}`;

/** The condition that a key is one of an entity's, whoever's it is. */
export const isKeyOf = (tables: EntityTables, column: string): string =>
  tables.plan.scope.length === 0
    ? `${column} = ${quoteText(entityOf(tables))}`
    : `starts_with(${column}, ${quoteText(`${entityOf(tables)} `)})`;

/** The value of the parameter that says whose key it is; none where keys are everybody's. */
export const keyScope = ({ scope }: EntityPlan, within: string | undefined): readonly string[] =>
  scope.length === 0 ? [] : [within ?? "*"];

/** A moment that is the same in all of a statement, and no older than it, as `now()` may be. */
const NOW = "statement_timestamp()";

/**
 * The numbers of the parameters of `claimedKey`: key, fingerprint in hexadecimal, milliseconds to keep it, and
 * for entities that are divided into scopes, whose it is.
 */
export const KEY_PARAMETERS = { key: 8, fingerprint: 9, ttl: 10, within: 11 } as const;

/** The number of the first parameter after those of a key. */
export const firstAfterKey = ({ scope }: EntityPlan): number =>
  KEY_PARAMETERS.ttl + (scope.length === 0 ? 1 : 2);

/**
 * The CTE that takes a key for an entity's next events, or one that has expired over; no row when it is
 * taken. `source` is what follows the select list: no row of it, no key.
 *
 * A conflicting key that is not committed yet is waited for, and its row locked, so that of several
 * requests with one key, and also of several that find it expired, exactly one has a row. Nothing is
 * raised, so a transaction of the caller's goes on.
 */
export const claimedKey = (tables: EntityTables, source: string): string => {
  const { key, fingerprint, ttl, within } = KEY_PARAMETERS;
  return `claimed as (
  insert into annals.idempotency_keys as k
    (scope, key, fingerprint, entity_id, first_sequence, last_sequence, expires_at)
  select ${scopeOf(tables, within)}, $${key}::text, decode($${fingerprint}::text, 'hex'), $1::uuid, $2::int + 1, $3::int,
    ${NOW} + $${ttl}::float8 * interval '1 millisecond'
  ${source}
  on conflict (scope, key) do update set fingerprint = excluded.fingerprint, entity_id = excluded.entity_id,
    first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, expires_at = excluded.expires_at
  where k.expires_at <= ${NOW}
  returning k.entity_id
)`;
};

/**
 * Reads what a request came to, with the entity as it then was.
 * Parameters: $1 key, $2 fingerprint in hexadecimal; $3 whose key it is, where scopes divide them. Locks: none.
 * Relies on: idempotency_keys_pkey, user_events_id_sequence_key.
 */
export const recallRequest = (tables: EntityTables): Statement =>
  statement(
    `recall_${tables.plan.indexTable}`,
    `select k.is_same, k.first_sequence, k.entity_id as id, k.last_sequence as version,
  case when k.is_same then (select json_agg(e.event) from (
    select event from ${tables.events} where id = k.entity_id and sequence <= k.last_sequence order by sequence
  ) e) end as events${recalledTree(tables)}
from (
  select *, fingerprint = decode($2::text, 'hex') as is_same
  from annals.idempotency_keys
  where scope = ${scopeOf(tables, 3)} and key = $1::text and expires_at > ${NOW}
) k`,
  );

/** A tree comes back with the children that it has now. */
const recalledTree = (tables: EntityTables): string => {
  const { plan, index } = tables;
  const revision = `,\n  (select revision from ${index} where id = k.entity_id) as revision`;
  return `${plan.hasRevision ? revision : ""}${childrenColumn(tables, { history: true }, "k.entity_id")}`;
};

export interface RecalledRow extends StoredEntityRow {
  readonly is_same: boolean;
  readonly first_sequence: number;
}

/**
 * Deletes keys that have expired, those first that did so first. What another transaction is at is left.
 * Parameters: $1 how many at most. Locks: the rows, FOR UPDATE SKIP LOCKED.
 * Relies on: idempotency_keys_expires_at_idx.
 */
export const deleteExpiredKeys = statement(
  "delete_expired_keys",
  `with expired as (
  select scope, key from annals.idempotency_keys
  where expires_at <= ${NOW}
  order by expires_at
  limit $1
  for update skip locked
),
deleted as (
  delete from annals.idempotency_keys k using expired e
  where k.scope = e.scope and k.key = e.key
  returning true
)
select count(*)::int as deleted from deleted`,
);
