import { statement } from "../connection/statement.ts";

/** What is read of a subject, `s`. */
export const SUBJECT = `s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten`;

export interface SubjectRow {
  readonly subject: string;
  readonly key_id: string | null;
  readonly wrapped: string | null;
  readonly is_forgotten: boolean;
}

/** Reads what is known of subjects, $1. Locks: none. Relies on: subjects_pkey. */
export const readSubjects = statement(
  "read_subjects",
  `select ${SUBJECT} from annals.subjects s where s.subject = any($1::text[])`,
);

const GIVEN = `given as (
  select subject, key_id, decode(wrapped, 'base64') as wrapped
  from json_to_recordset($1::json) as g (subject text, key_id text, wrapped text)
),
added as (
  insert into annals.subjects as s (subject, key_id, wrapped)
  select subject, key_id, wrapped from given order by subject
  on conflict (subject) do nothing
  returning ${SUBJECT}
),
used as (
  insert into annals.subject_uses (subject, topic, id)
  select subject, topic, id from json_to_recordset($2::json) as u (subject text, topic text, id text)
  order by subject, topic, id
  on conflict (subject, topic, id) do nothing
),
found as (
  select * from added
  union all
  select ${SUBJECT} from annals.subjects s where s.subject = any($3::text[])
)`;

/**
 * Adds the subjects $1 and uses $2 that are not there yet, and reads the subjects $3. One that somebody else
 * is just adding is waited for, and is not among what is read.
 * Locks: the rows that it adds. Conflict: none. Relies on: subjects_pkey, subject_uses_pkey.
 */
export const registerSubjects = statement(
  "register_subjects",
  `with ${GIVEN}
select * from found`,
);

/**
 * The same, with values in rows of their own, $4, unless one of the subjects was forgotten.
 * Locks: the rows that it adds, and the values' subjects FOR KEY SHARE, by a trigger. Conflict: the rows read
 * say who was forgotten; AN006 where somebody is just being forgotten. Relies on: subjects_pkey,
 * subject_uses_pkey.
 */
export const registerValues = statement(
  "register_values",
  `with ${GIVEN},
stored as (
  insert into annals.personal_values (ref, subject, value)
  select ref, subject, value from json_to_recordset($4::json) as v (ref uuid, subject text, value jsonb)
  where not exists (select from found where is_forgotten)
)
select * from found`,
);

/** Reads values by the rows that have them, $1. Locks: none. Relies on: personal_values_pkey. */
export const readValues = statement(
  "read_personal_values",
  "select ref, json_build_array(value) as value from annals.personal_values where ref = any($1::uuid[])",
);

export interface PersonalValueRow {
  readonly ref: string;
  /** In a list of one, so that no driver takes a text or a number for something else. */
  readonly value: readonly [never];
}
