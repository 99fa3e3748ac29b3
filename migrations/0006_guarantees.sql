-- The one door through which a stored event's content may be replaced: erasure, by role, never unlogged.

-- Who replaced the content of which event, when and why; never what it was. The log is the key as well:
-- an update of an events table passes in the transaction that logged it, for the events that it logged.
create table annals.erasures (
  number bigint generated always as identity,
  events_table text collate "C" not null,
  entity_id uuid not null,
  sequence integer not null,
  reason text not null,
  session_role text collate "C" not null default session_user,
  acting_role text collate "C" not null default coalesce(nullif(current_setting('role'), 'none'), session_user),
  erased_at timestamptz not null default now(),
  transaction xid8 not null default pg_current_xact_id(),
  constraint erasures_pkey primary key (events_table, entity_id, sequence, number),
  constraint erasures_reason_check check (reason <> '')
);

create index erasures_transaction_idx on annals.erasures (transaction);

-- Lets an UPDATE reach the rows of a table whose erasures this transaction has logged, where the trigger
-- on every row decides; refuses everything else. Both read the log with the rights of its owner. The time
-- is compared as well: after a restore, another cluster counts its transactions anew.
create or replace function annals.refuse_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and exists (
    select from annals.erasures e
    where e.transaction = pg_current_xact_id_if_assigned() and e.erased_at = transaction_timestamp()
      and e.events_table = format('%I.%I', tg_table_schema, tg_table_name)
  ) and exists (
    select from pg_trigger t
    where t.tgrelid = tg_relid and t.tgfoid = 'annals.allow_erasure()'::regprocedure and t.tgenabled in ('O', 'A')
  ) then
    return null;
  end if;
  raise exception 'Events are immutable: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'AN001', hint = 'Append an event that says what is true now.';
end
$$;

-- Runs BEFORE UPDATE of every row of an events table: content and context alone, and only as logged.
create function annals.allow_erasure() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if to_jsonb(new) - 'event' - 'context' = to_jsonb(old) - 'event' - 'context' and exists (
    select from annals.erasures e
    where e.events_table = format('%I.%I', tg_table_schema, tg_table_name)
      and e.entity_id = old.id and e.sequence = old.sequence
      and e.transaction = pg_current_xact_id_if_assigned() and e.erased_at = transaction_timestamp()
  ) then
    return new;
  end if;
  raise exception 'Events are immutable: UPDATE on %.% is refused', tg_table_schema, tg_table_name
    using errcode = 'AN001', hint = 'Append an event that says what is true now.';
end
$$;

create trigger erasures_immutable
before update or delete or truncate on annals.erasures
for each statement execute function annals.refuse_change();

-- Replaces the content and the context of one event, and logs it. Only for whoever may execute it, and for
-- tables of its own owner: a table of somebody else's could run code of theirs with the owner's rights.
create function annals.erase_event(
  events_table regclass, entity uuid, event_sequence integer, new_event jsonb, new_context jsonb, reason text
) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  target text;
  owner name;
  replaced bigint;
begin
  select format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner) into target, owner
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.oid = $1 and exists (
    select from pg_trigger t
    where t.tgrelid = c.oid and t.tgfoid = 'annals.allow_erasure()'::regprocedure
  );
  if target is null then
    raise exception '% is no events table of an entity', $1 using errcode = 'AN005';
  end if;
  if owner <> current_user then
    raise exception '% is not owned by the owner of annals.erase_event', $1
      using errcode = 'AN005', hint = 'Give the table and the function one owner.';
  end if;
  insert into annals.erasures (events_table, entity_id, sequence, reason) values (target, $2, $3, $6);
  execute format('update %s set event = $1, context = $2 where id = $3 and sequence = $4', target)
    using $4, $5, $2, $3;
  get diagnostics replaced = row_count;
  if replaced = 0 then
    raise exception 'There is no event % of % in %', $3, $2, target using errcode = 'AN005';
  end if;
end
$$;

revoke execute on function annals.erase_event(regclass, uuid, integer, jsonb, jsonb, text) from public;

-- The role is the whole cluster's, so it may be there already; where it may not be created, grant EXECUTE
-- on the function to a role of your own.
do $$
begin
  if not exists (select from pg_roles where rolname = 'annals_eraser') then
    create role annals_eraser nologin;
  end if;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then raise notice 'The role annals_eraser could not be created.';
end
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'annals_eraser') then
    grant usage on schema annals to annals_eraser;
    grant execute on function annals.erase_event(regclass, uuid, integer, jsonb, jsonb, text) to annals_eraser;
  end if;
end
$$;

insert into annals.migrations (name) values ('0006_guarantees');
