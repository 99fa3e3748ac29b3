-- A new user: nothing is expected to be there, so the version is 0.
select user_append(
  '01890a5d-ac96-774b-bcce-b302099a8057', 0,
  '[{"type": "UserRegistered", "email": "ada@example.com", "name": "Ada"}]',
  '{"email": "ada@example.com", "status": "active"}'
);

-- What happened since, to decide on.
select sequence, event from user_replay('01890a5d-ac96-774b-bcce-b302099a8057');

-- The decision, at the version that it rests on. What changes in the index row is given with it.
select user_append(
  '01890a5d-ac96-774b-bcce-b302099a8057', 1,
  '[{"type": "UserSuspended", "reason": "spam"}]',
  '{"status": "suspended"}',
  '{"actor": "night job"}'
);
