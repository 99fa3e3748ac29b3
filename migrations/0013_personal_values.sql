-- Whom personal values are about: what is needed to read them, and who was forgotten.

-- A subject is `kind/id`. Its data key is wrapped by a key that no database has; that of `$columns/1`
-- hashes index columns. Whoever was forgotten has none, and never gets one again.
create table annals.subjects (
  subject text collate "C" not null,
  key_id text collate "C",
  wrapped bytea,
  created_at timestamptz(3) not null default now(),
  forgotten_at timestamptz(3),
  constraint subjects_pkey primary key (subject),
  constraint subjects_key_check check ((key_id is null) = (wrapped is null)),
  constraint subjects_forgotten_check check (forgotten_at is null or wrapped is null)
);

-- Finds the data keys that a rotation has to wrap anew.
create index subjects_key_id_idx on annals.subjects (key_id, subject) where key_id is not null;

-- Which entities and topics have values of a subject that is not the entity itself. Written before the values
-- are, so a row may stand for nothing. A topic of its own has an empty id.
create table annals.subject_uses (
  subject text collate "C" not null,
  topic text collate "C" not null,
  id text collate "C" not null,
  forgotten_at timestamptz(3),
  constraint subject_uses_pkey primary key (subject, topic, id)
);

-- Personal values in rows of their own, which events refer to, where a definition keeps them so.
create table annals.personal_values (
  ref uuid not null,
  subject text collate "C" not null,
  value jsonb not null,
  constraint personal_values_pkey primary key (ref)
);

create index personal_values_subject_idx on annals.personal_values (subject);

-- Every request to forget somebody, and its end: who asked, when and why, and what was done; nothing else.
create table annals.forgettings (
  number bigint generated always as identity,
  subject text collate "C" not null,
  step text collate "C" not null,
  reason text not null,
  done jsonb not null default '{}',
  session_role text collate "C" not null default session_user,
  acting_role text collate "C" not null default coalesce(nullif(current_setting('role'), 'none'), session_user),
  recorded_at timestamptz(3) not null default now(),
  constraint forgettings_pkey primary key (number),
  constraint forgettings_step_check check (step in ('begun', 'completed')),
  constraint forgettings_reason_check check (reason <> '')
);

create index forgettings_subject_idx on annals.forgettings (subject, number);

create trigger forgettings_immutable
before update or delete or truncate on annals.forgettings
for each statement execute function annals.refuse_change();

-- A value of somebody who was forgotten is refused, also where forgetting and writing met: whoever forgets
-- waits for writers that hold the subject's row, and writers for whoever forgets.
create function annals.check_subject() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
  perform from annals.subjects s where s.subject = new.subject and s.forgotten_at is null for key share;
  if not found then
    raise exception 'A personal value is of nobody who is remembered'
      using errcode = 'AN006', hint = 'Whoever comes back is a new subject.';
  end if;
  return new;
end
$$;

create trigger personal_values_subject
before insert or update on annals.personal_values
for each row execute function annals.check_subject();

-- Who was forgotten stays so: the row says since when, and gets no key.
create function annals.keep_forgotten() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.subject = old.subject
    and (old.forgotten_at is null or new.forgotten_at is not distinct from old.forgotten_at) then
    return new;
  end if;
  raise exception 'What is known of a subject cannot be taken back: % is refused', tg_op using errcode = 'AN001';
end
$$;

create trigger subjects_kept
before update or delete on annals.subjects
for each row execute function annals.keep_forgotten();

create trigger subjects_not_truncated
before truncate on annals.subjects
for each statement execute function annals.refuse_change();

-- Makes what a subject's values are read with disappear, in one transaction with the log. Everything that
-- follows makes the rest tidy, and may be repeated.
create function annals.forget_subject(forgotten text, because text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  deleted bigint;
begin
  insert into annals.subjects (subject, forgotten_at) values ($1, now()) on conflict (subject) do nothing;
  perform from annals.subjects s where s.subject = $1 for update;
  update annals.subjects s set key_id = null, wrapped = null, forgotten_at = now()
  where s.subject = $1 and s.forgotten_at is null;
  delete from annals.personal_values v where v.subject = $1;
  get diagnostics deleted = row_count;
  insert into annals.forgettings (subject, step, reason, done)
  values ($1, 'begun', $2, jsonb_build_object('values', deleted));
  return deleted;
end
$$;

-- Notes what forgetting somebody came to, once the subject is forgotten.
create function annals.complete_forgetting(forgotten text, because text, what jsonb) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  receipt bigint;
begin
  if not exists (select from annals.subjects s where s.subject = $1 and s.forgotten_at is not null) then
    raise exception 'The subject was not forgotten' using errcode = 'AN006';
  end if;
  insert into annals.forgettings (subject, step, reason, done) values ($1, 'completed', $2, $3)
  returning number into receipt;
  return receipt;
end
$$;

revoke execute on function annals.forget_subject(text, text) from public;

revoke execute on function annals.complete_forgetting(text, text, jsonb) from public;

do $$
begin
  if exists (select from pg_roles where rolname = 'annals_eraser') then
    grant execute on function annals.forget_subject(text, text) to annals_eraser;
    grant execute on function annals.complete_forgetting(text, text, jsonb) to annals_eraser;
  end if;
end
$$;

insert into annals.migrations (name) values ('0013_personal_values');
