-- The framework's own objects. Entities' tables are generated from their definitions and refer to these.
--
-- Rules for this folder: files are numbered and never edited once released; a statement ends with a
-- semicolon before an empty line, and has no empty line inside; each records itself; nothing here names a
-- user's table.

create schema if not exists annals;

-- Which of these files have been applied to this database, by whatever tool.
create table annals.migrations (
  name text collate "C" not null,
  applied_at timestamptz(3) not null default now(),
  constraint migrations_pkey primary key (name)
);

insert into annals.migrations (name) values ('0001_topics_and_consumers');

-- One order over the events of all topics of the database. CACHE 1: a settled reading relies on the last
-- value being what was drawn last. Positions stay below 2^53, so that they are exact JavaScript numbers.
create sequence annals.position as bigint maxvalue 9007199254740991 cache 1 no cycle;

-- Runs BEFORE UPDATE, DELETE and TRUNCATE of every events table, once a statement, whoever writes.
create function annals.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception 'Events are immutable: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'AN001', hint = 'Append an event that says what is true now.';
end
$$;

-- Who follows which topics.
create table annals.consumers (
  name text collate "C" not null,
  topics text[] not null,
  registered_at timestamptz(3) not null default now(),
  constraint consumers_pkey primary key (name)
);

-- How far a consumer has come: everything of its topics up to this position is handled. One row for each
-- slot of a consumer; a consumer without slots has slot 0 alone. Updated in place and often.
create table annals.checkpoints (
  consumer text collate "C" not null,
  slot integer not null,
  position bigint not null,
  moved_at timestamptz(3) not null default now(),
  constraint checkpoints_pkey primary key (consumer, slot),
  constraint checkpoints_consumer_fkey foreign key (consumer) references annals.consumers (name) on update cascade,
  constraint checkpoints_slot_check check (slot >= 0),
  constraint checkpoints_position_check check (position >= 0)
) with (fillfactor = 50);
