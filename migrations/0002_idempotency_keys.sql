-- Requests that took effect, by the key that names them: what they asked for as a SHA-256, and which events
-- of which entity they wrote, never what was in them. A row is written together with those events, and by
-- nothing else. One that has expired counts as absent, and may be deleted at any time.
create table annals.idempotency_keys (
  scope text collate "C" not null,
  key text collate "C" not null,
  fingerprint bytea not null,
  entity_id uuid not null,
  first_sequence integer not null,
  last_sequence integer not null,
  expires_at timestamptz(3) not null,
  constraint idempotency_keys_pkey primary key (scope, key),
  constraint idempotency_keys_key_check check (length(key) between 1 and 255),
  constraint idempotency_keys_fingerprint_check check (octet_length(fingerprint) = 32),
  constraint idempotency_keys_sequence_check check (first_sequence between 1 and last_sequence)
);

insert into annals.migrations (name) values ('0002_idempotency_keys');

-- Finds what has expired, to delete it.
create index idempotency_keys_expires_at_idx on annals.idempotency_keys (expires_at);
