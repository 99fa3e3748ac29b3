-- What a writer in SQL needs, and nothing more: it can add what the guards let pass, and change nothing.
grant usage on schema public, annals to app_writer;
grant select, insert on user_events to app_writer;
grant select, insert, update on users to app_writer;
grant usage on sequence annals.position to app_writer;
