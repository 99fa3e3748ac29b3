-- As a role that is a member of annals_eraser.
select annals.erase_event(
  'user_events', '01890a5d-ac96-774b-bcce-b302099a8057', 1,
  '{"type": "UserRegistered", "email": "erased@example.com", "name": "erased"}', null,
  'request 2031'
);

select sequence, reason, session_role from annals.erasures;
