import { statement } from "../connection/statement.ts";

/**
 * Registers a consumer with its slots and their checkpoints at the beginning, unless it exists, in one
 * statement. Parameters: $1 name, $2 topics, $3 slots. Locks: the new rows. Returns nothing that can be
 * relied upon: a concurrent registration is invisible to this statement's snapshot, so the registration is
 * read after it.
 */
export const registerConsumer = statement(
  "register_consumer",
  `with registered as (
  insert into annals.consumers (name, topics, slots) values ($1, $2::text[], $3::int)
  on conflict (name) do nothing
  returning name
), checkpoints as (
  insert into annals.checkpoints (consumer, slot, position)
  select name, slot, 0 from registered, generate_series(0, $3::int - 1) slot
  on conflict do nothing
)
insert into annals.slots (consumer, slot)
select name, slot from registered, generate_series(0, $3::int - 1) slot
on conflict do nothing`,
);

/**
 * Reads a consumer's registration. Parameters: $1 name. Locks: none. Relies on: consumers_pkey.
 */
export const readRegistration = statement(
  "read_registration",
  `select to_json(topics) as topics, coalesce(slots_wanted, slots) as slots
from annals.consumers where name = $1`,
);

export interface RegistrationRow {
  readonly topics: readonly string[];
  readonly slots: number;
}

/**
 * Asks for more slots. They come when all present ones have drained to a common position, the furthest
 * that one of them has come to. Parameters: $1 name, $2 slots. Locks: the consumer's row.
 */
export const wantSlots = statement(
  "want_slots",
  `update annals.consumers
set slots_wanted = $2::int,
  drain_to = (select max(position) from annals.checkpoints where consumer = $1)
where name = $1 and coalesce(slots_wanted, slots) < $2::int`,
);

/**
 * Lets a consumer have the slots that it wants, if all of its slots have drained.
 * Parameters: $1 name. Locks: the consumer's row and its checkpoints, for a moment.
 */
export const spreadSlots = statement("spread_slots", "select annals.spread_slots($1) as spread");

/**
 * Notes what a consumer reads, where that is not known yet. Parameters: $1 name, $2 a JSON object.
 * Locks: the consumer's row, when it changes. Relies on: consumers_pkey.
 */
export const noteFollows = statement(
  "note_follows",
  `update annals.consumers set follows = $2::jsonb where name = $1 and follows is distinct from $2::jsonb`,
);
