-- What consumers need beside their slots: to notice a move whose answer was lost.

insert into annals.migrations (name) values ('0007_consumer_control');

-- moves: how often the checkpoint was moved, or asserted by what changes nothing of it. Who does not know
-- whether a move came through, because the connection broke, finds another count than it knows.
alter table annals.checkpoints add column moves bigint not null default 0;
