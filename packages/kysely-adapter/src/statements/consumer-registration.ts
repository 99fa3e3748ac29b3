import { statement } from "../connection/statement.ts";
import { SERVER_LIFE } from "./server-life.ts";

/**
 * Registers a consumer with its slots and their checkpoints at its start, unless it exists or its name is
 * one that another consumer had before, in one statement. Parameters: $1 name, $2 topics, $3 slots, $4 their
 * tables, $5 the position, $6 the server's life that it is settled in, or NULL where it rests on none.
 * Locks: the new rows. Returns nothing that can be relied upon: a concurrent registration is invisible to
 * this statement's snapshot, so the registration is read after it.
 */
export const registerConsumer = statement(
  "register_consumer",
  `with registered as (
  insert into annals.consumers (name, topics, slots, events_tables)
  select $1, $2::text[], $3::int, $4::text[]
  where ($6::text is null or ${SERVER_LIFE} = $6::text)
    and not exists (select from annals.renamed_consumers where name = $1)
  on conflict (name) do nothing
  returning name
), checkpoints as (
  insert into annals.checkpoints (consumer, slot, position)
  select name, slot, $5::bigint from registered, generate_series(0, $3::int - 1) slot
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
  `select to_json(topics) as topics, coalesce(slots_wanted, slots) as slots, to_json(events_tables) as tables
from annals.consumers where name = $1`,
);

export interface RegistrationRow {
  readonly topics: readonly string[];
  readonly slots: number;
  readonly tables: readonly string[];
}

/**
 * The name that a consumer has now which had this one. Parameters: $1 name. Locks: none.
 * Relies on: renamed_consumers_pkey.
 */
export const readRenaming = statement(
  "read_renaming",
  "select renamed_to from annals.renamed_consumers where name = $1",
);

/**
 * Registers a consumer where another one is. Parameters: $1 name, $2 the other's, $3 topics, $4 their tables.
 * Locks: the other's rows, all that its processes write. Relies on: consumers_pkey.
 */
export const registerBeside = statement(
  "register_beside",
  "select annals.register_beside($1, $2, $3::text[], $4::text[]) as done",
);

/**
 * Has a consumer follow other topics from where it stands. Parameters: $1 name, $2 topics, $3 their names in
 * events, $4 their tables, $5 how long to wait for writers, in milliseconds. Locks: its rows, all that its
 * processes write, while it waits.
 */
export const changeTopics = statement(
  "change_topics",
  "select annals.change_topics($1, $2::text[], $3::text[], $4::text[], $5::int) as done",
);

/**
 * Tells where tables are, since when they are known by name alone. Parameters: $1 name, $2 tables.
 * Locks: the consumer's row, when they differ.
 */
export const noteTables = statement(
  "note_tables",
  "update annals.consumers set events_tables = $2::text[] where name = $1 and events_tables <> $2::text[]",
);

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
