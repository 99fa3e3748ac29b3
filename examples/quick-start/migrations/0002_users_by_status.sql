-- Lists of one status by creation time, however many have another.
create index users_status_created_at_idx on public.users (status, created_at, id);
