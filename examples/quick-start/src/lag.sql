select consumer, slot, condition, because, events_behind, oldest_unhandled_age from annals.lag;

select pid, started_at, state, waits_for from annals.open_writers('signups-by-day');
