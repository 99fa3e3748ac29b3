-- How far the rebuilding of index rows has come, so that one that was stopped goes on where it was.
create table annals.rebuilds (
  entity text collate "C" not null,
  columns text not null,
  done_to uuid not null,
  started_at timestamptz(3) not null default now(),
  moved_at timestamptz(3) not null default now(),
  constraint rebuilds_pkey primary key (entity)
);

-- Which migrations of the applications on this database were applied by `migrate`, each with the SHA-256
-- of its text, so that an edited file is noticed.
create table annals.application_migrations (
  application text collate "C" not null,
  name text collate "C" not null,
  checksum text not null,
  applied_at timestamptz(3) not null default clock_timestamp(),
  constraint application_migrations_pkey primary key (application, name)
);

insert into annals.migrations (name) values ('0005_maintenance');
