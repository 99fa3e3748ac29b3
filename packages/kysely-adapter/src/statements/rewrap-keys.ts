import { statement } from "../connection/statement.ts";
import { SUBJECT } from "./subjects.ts";

/**
 * Up to $3 subjects after $2, in their order, whose keys are wrapped with others than $1. Locks: none.
 * Relies on: subjects_key_id_idx, or subjects_pkey.
 */
export const oldKeys = statement(
  "old_keys",
  `select ${SUBJECT} from annals.subjects s
where s.subject > $2 and s.key_id <> $1
order by s.subject
limit $3::int`,
);

/**
 * Replaces wrapped keys that are still what they were, $1; a subject that was forgotten meanwhile has none.
 * Locks: the rows, in the order of their subjects. Relies on: subjects_pkey.
 */
export const rewrapKeys = statement(
  "rewrap_keys",
  `with given as (
  select subject, decode("from", 'base64') as was, key_id, decode("to", 'base64') as wrapped
  from json_to_recordset($1::json) as g (subject text, "from" text, key_id text, "to" text)
),
locked as materialized (
  select s.subject, given.key_id, given.wrapped
  from annals.subjects s join given on given.subject = s.subject and given.was = s.wrapped
  order by s.subject
  for no key update of s
),
changed as (
  update annals.subjects s set key_id = locked.key_id, wrapped = locked.wrapped
  from locked
  where s.subject = locked.subject
  returning true
)
select count(*)::int as rewrapped from changed`,
);
