-- How far the rebuilding of index rows has come, so that one that was stopped goes on where it was.
create table annals.rebuilds (
  entity text collate "C" not null,
  columns text not null,
  done_to uuid not null,
  started_at timestamptz(3) not null default now(),
  moved_at timestamptz(3) not null default now(),
  constraint rebuilds_pkey primary key (entity)
);

insert into annals.migrations (name) values ('0005_rebuilds');
