import type { ForgetCounts } from "@annals/core/adapter";
import { statement } from "../connection/statement.ts";
import type { EntityTables, SnapshotNames } from "./entity-table-names.ts";
import { isKeyOf } from "./idempotency-key.ts";

/**
 * Forgets the subject $1, for the reason $2.
 * Locks: the subject's row, after those who are just writing of it. Relies on: subjects_pkey,
 * personal_values_subject_idx.
 */
export const forgetSubject = statement(
  "forget_subject",
  "select annals.forget_subject($1, $2)::int as values",
);

/** Notes the uses $1 that nobody noted. Locks: the rows that it adds. Relies on: subject_uses_pkey. */
export const noteUses = statement(
  "note_subject_uses",
  `insert into annals.subject_uses (subject, topic, id)
select subject, topic, id from json_to_recordset($1::json) as u (subject text, topic text, id text)
order by subject, topic, id
on conflict (subject, topic, id) do nothing`,
);

export interface SubjectUseRow {
  readonly subject: string;
  readonly topic: string;
  readonly id: string;
}

/**
 * Up to $4 uses of the subject $1 that are not settled, after the topic $2 and id $3. Locks: none.
 * Relies on: subject_uses_pkey.
 */
export const pendingUses = statement(
  "pending_subject_uses",
  `select subject, topic, id from annals.subject_uses
where subject = $1 and (topic, id) > ($2, $3) and forgotten_at is null
order by topic, id
limit $4::int`,
);

/**
 * Settles the use of the subject $1 in the topic $2 by the entity $3. Locks: the row.
 * Relies on: subject_uses_pkey.
 */
export const settleUse = statement(
  "settle_subject_use",
  `update annals.subject_uses set forgotten_at = now()
where subject = $1 and topic = $2 and id = $3 and forgotten_at is null`,
);

/**
 * Leaves the keys of requests taken, and nothing of what was asked, for all entities of a topic that have
 * values of the subject $1.
 * Locks: the rows. Relies on: subject_uses_pkey; reads all keys of the entity that have not been deleted.
 */
export const forgetRequests = (tables: EntityTables) =>
  statement(
    `forget_requests_${tables.plan.indexTable}`,
    `update annals.idempotency_keys k set fingerprint = decode(repeat('00', 32), 'hex')
from annals.subject_uses u
where ${isKeyOf(tables, "k.scope")} and u.subject = $1 and u.topic = '${tables.plan.name}'
  and u.id = k.entity_id::text
  and k.fingerprint <> decode(repeat('00', 32), 'hex')`,
  );

/** Drops what is kept of the entity $1. Locks: the rows. Relies on: user_snapshots_pkey. */
export const dropSnapshots = ({ plan }: EntityTables, { table }: SnapshotNames) =>
  statement(`drop_snapshots_${plan.indexTable}`, `delete from ${table} where id = $1::uuid`);

/** Notes that the subject $1 was forgotten, for the reason $2, and what it came to, $3. Locks: none. Relies on: subjects_pkey. */
export const completeForgetting = statement(
  "complete_forgetting",
  "select annals.complete_forgetting($1, $2, $3::jsonb)::int as number",
);

/** The last receipt of the subject $1. Locks: none. Relies on: forgettings_subject_idx. */
export const readReceipt = statement(
  "read_receipt",
  `select number::int as number, subject, reason, recorded_at as at, done
from annals.forgettings
where subject = $1 and step = 'completed'
order by number desc
limit 1`,
);

export interface ReceiptRow {
  readonly number: number;
  readonly subject: string;
  readonly reason: string;
  readonly at: Date;
  readonly done: ForgetCounts;
}
