-- read subjects
select s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten from annals.subjects s where s.subject = any($1::text[]);

-- register subjects
with given as (
  select subject, key_id, decode(wrapped, 'base64') as wrapped
  from json_to_recordset($1::json) as g (subject text, key_id text, wrapped text)
),
added as (
  insert into annals.subjects as s (subject, key_id, wrapped)
  select subject, key_id, wrapped from given order by subject
  on conflict (subject) do nothing
  returning s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten
),
used as (
  insert into annals.subject_uses (subject, topic, id)
  select subject, topic, id from json_to_recordset($2::json) as u (subject text, topic text, id text)
  order by subject, topic, id
  on conflict (subject, topic, id) do nothing
),
found as (
  select * from added
  union all
  select s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten from annals.subjects s where s.subject = any($3::text[])
)
select * from found;

-- register subjects with values
with given as (
  select subject, key_id, decode(wrapped, 'base64') as wrapped
  from json_to_recordset($1::json) as g (subject text, key_id text, wrapped text)
),
added as (
  insert into annals.subjects as s (subject, key_id, wrapped)
  select subject, key_id, wrapped from given order by subject
  on conflict (subject) do nothing
  returning s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten
),
used as (
  insert into annals.subject_uses (subject, topic, id)
  select subject, topic, id from json_to_recordset($2::json) as u (subject text, topic text, id text)
  order by subject, topic, id
  on conflict (subject, topic, id) do nothing
),
found as (
  select * from added
  union all
  select s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten from annals.subjects s where s.subject = any($3::text[])
),
stored as (
  insert into annals.personal_values (ref, subject, value)
  select ref, subject, value from json_to_recordset($4::json) as v (ref uuid, subject text, value jsonb)
  where not exists (select from found where is_forgotten)
)
select * from found;

-- read values
select ref, json_build_array(value) as value from annals.personal_values where ref = any($1::uuid[]);

-- forget a subject
select annals.forget_subject($1, $2)::int as values;

-- note uses
insert into annals.subject_uses (subject, topic, id)
select subject, topic, id from json_to_recordset($1::json) as u (subject text, topic text, id text)
order by subject, topic, id
on conflict (subject, topic, id) do nothing;

-- pending uses
select subject, topic, id from annals.subject_uses
where subject = $1 and (topic, id) > ($2, $3) and forgotten_at is null
order by topic, id
limit $4::int;

-- settle a use
update annals.subject_uses set forgotten_at = now()
where subject = $1 and topic = $2 and id = $3 and forgotten_at is null;

-- forget requests
update annals.idempotency_keys k set fingerprint = decode(repeat('00', 32), 'hex')
from annals.subject_uses u
where k.scope = 'app.person' and u.subject = $1 and u.topic = 'person'
  and u.id = k.entity_id::text
  and k.fingerprint <> decode(repeat('00', 32), 'hex');

-- complete a forgetting
select annals.complete_forgetting($1, $2, $3::jsonb)::int as number;

-- read a receipt
select number::int as number, subject, reason, recorded_at as at, done
from annals.forgettings
where subject = $1 and step = 'completed'
order by number desc
limit 1;

-- old keys
select s.subject, s.key_id, encode(s.wrapped, 'base64') as wrapped, s.forgotten_at is not null as is_forgotten from annals.subjects s
where s.subject > $2 and s.key_id <> $1
order by s.subject
limit $3::int;

-- rewrap keys
with given as (
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
select count(*)::int as rewrapped from changed;
