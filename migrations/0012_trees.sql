-- A request may have changed children of its entity alone: then it wrote no event of the entity itself, and
-- its last sequence stands before its first.
alter table annals.idempotency_keys drop constraint idempotency_keys_sequence_check;

alter table annals.idempotency_keys add constraint idempotency_keys_sequence_check
  check (first_sequence between 1 and last_sequence + 1);

insert into annals.migrations (name) values ('0012_trees');
