/**
 * Tells one life of the server from the next, in SQL: the text changes with every start and every crash.
 *
 * The postmaster's start time alone does not. When one backend dies, killed for its memory for example,
 * the postmaster lives on, throws out all others and recovers as after any crash. Statistics do not
 * outlive that, so the time of their last reset tells; one by hand costs readers no more than a second
 * look. Numbers, because the text of a timestamp depends on the session's time zone.
 */
export const SERVER_LIFE = `concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from pg_stat_get_bgwriter_stat_reset_time()))`;
