import { statement } from "../connection/statement.ts";

// State that consumers keep by key. $1 is the name that it is kept under in all of them.

/**
 * Reads the value of a key, $2, and keeps other transactions from reading or changing it.
 * Locks: the key, by an advisory lock of the transaction, since there may be no row yet. Relies on:
 * consumer_state_pkey.
 */
export const getState = statement("get_state", "select annals.locked_state($1, $2) as value");

export interface StateValueRow {
  readonly value: Record<string, never> | null;
}

/** Keeps $3 for the key $2 until $4. Locks: the row. Relies on: consumer_state_pkey. */
export const setState = statement(
  "set_state",
  `insert into annals.consumer_state (consumer, key, value, expires_at)
values ($1, $2, $3::jsonb, $4::timestamptz)
on conflict (consumer, key) do update set value = excluded.value, expires_at = excluded.expires_at`,
);

/** Keeps nothing for the key $2 any more. Locks: the row. Relies on: consumer_state_pkey. */
export const deleteState = statement(
  "delete_state",
  "delete from annals.consumer_state where consumer = $1 and key = $2 returning key",
);

/**
 * Takes up to $3 values that were to be kept until $2 or before, the earliest first.
 * Locks: the rows, SKIP LOCKED. Relies on: consumer_state_expires_at_idx.
 */
export const takeDueState = statement(
  "take_due_state",
  `with due as materialized (
  select key, expires_at from annals.consumer_state
  where consumer = $1 and expires_at <= $2::timestamptz
  order by expires_at, key
  limit $3::int
  for update skip locked
), taken as (
  delete from annals.consumer_state s using due
  where s.consumer = $1 and s.key = due.key
  returning s.key, s.value, s.expires_at
)
select key, value from taken order by expires_at, key`,
);

export interface DueStateRow {
  readonly key: string;
  readonly value: Record<string, never>;
}
