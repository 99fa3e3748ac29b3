import { statement } from "../connection/statement.ts";

/** $1 consumer, $2 statuses, $3 positions, $4 keys; NULL is all of them. */
const CHOSEN = `consumer = $1 and status = any ($2::text[])
  and ($3::bigint[] is null or position = any ($3::bigint[]))
  and ($4::text[] is null or key = any ($4::text[]))`;

/** Times as JSON spells them, which no DateStyle changes. */
const time = (column: string): string => `to_json(${column}) #>> '{}' as ${column}`;

/**
 * Lists dead letters by rising position. Parameters: $1 to $4 as above, $5 after, $6 limit. Locks: none.
 * Relies on: dead_letters_event_key.
 */
export const listLetters = statement(
  "list_letters",
  `select topic, key, sequence, position, event_type, status, attempts, error_class, error_code, error_message,
  ${time("first_failed_at")}, ${time("last_failed_at")}, ${time("retry_at")}, reason
from annals.dead_letters
where ${CHOSEN} and position > $5::bigint
order by position
limit $6::int`,
);

export interface LetterRow {
  readonly topic: string;
  readonly key: string;
  readonly sequence: number;
  readonly position: number | string;
  readonly event_type: string;
  readonly status: string;
  readonly attempts: number;
  readonly error_class: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly first_failed_at: string;
  readonly last_failed_at: string;
  readonly retry_at: string | null;
  readonly reason: string | null;
}

/**
 * Decides what becomes of dead letters. Parameters: $1 to $4 as above, $5 the status, $6 the reason.
 * Locks: their rows, and the consumer's, whose version rises. Relies on: dead_letters_event_key.
 */
export const decideLetters = statement(
  "decide_letters",
  `update annals.dead_letters
set status = $5::text, reason = $6::text, retry_at = null,
  resolved_at = case when $5::text = 'discarded' then clock_timestamp() end
where ${CHOSEN}
returning position`,
);
