-- How consumers stand: how far behind, whether they go on, and what they fail on.

insert into annals.migrations (name) values ('0008_consumer_health');

-- follows: what the process that opened it last reads, as {"keys": null or a list, "topics": [{"topic", "table",
-- "passedOver"}]}. Only for telling how far it is behind.
alter table annals.consumers add column follows jsonb;

-- Every slot of every consumer, or of one. Looks at so many events of each topic at most, for all slots of a
-- consumer together; what is further behind is estimated from how dense those are. condition:
--   idle    everything that is committed is handled
--   behind  events wait, and it goes on
--   stuck   somebody has to do something; because says what it is about: dead-letter, unknown-type, no-process,
--           open-transaction, no-progress
--   paused  somebody paused it; because says why
create function annals.consumer_lag(
  consumer_name text default null, look_at integer default 10000, stuck_after interval default interval '30 seconds'
) returns table (
  consumer text, slot integer, condition text, because text, "position" bigint, head bigint, events_behind bigint,
  is_estimate boolean, oldest_unhandled_at timestamptz, moved_at timestamptz, owner uuid, held_keys integer,
  failing_position bigint, failing_topic text, failing_key text, failing_type text, failing_status text,
  failing_attempts integer, failing_class text, failing_code text, failing_message text
)
language plpgsql stable as $$
#variable_conflict use_column
declare
  c annals.consumers;
  tables text;
  heads text;
  each_slot integer;
begin
  for c in select * from annals.consumers n where consumer_name is null or n.name = consumer_name order by n.name loop
    each_slot := greatest(100, look_at / c.slots);
    select
      string_agg(format(
        '(select e.position, e.recorded_at, e.%1$I::text as key, e.event_type <> all (%2$L::text[]) as is_read
          from %3$s e where e.position > k.position order by e.position limit $2)',
        case when exists (
          select from pg_catalog.pg_attribute a
          where a.attrelid = (t ->> 'table')::regclass and a.attname = 'key' and not a.attisdropped
        ) then 'key' else 'id' end,
        array(select jsonb_array_elements_text(t -> 'passedOver')), t ->> 'table'), ' union all '),
      string_agg(format('(select max(position) from %s)', t ->> 'table'), ', ')
    into tables, heads
    from jsonb_array_elements(c.follows -> 'topics') t
    where to_regclass(t ->> 'table') is not null;
    return query execute format($query$
      with newest as (select coalesce(greatest(%2$s), 0) as head), found as (
        select k.slot, k.position, k.moved_at, count(e.position) as seen, max(e.position) as seen_to,
          count(*) filter (where e.is_mine) as mine,
          (array_agg(e.recorded_at order by e.position) filter (where e.is_mine))[1] as oldest
        from annals.checkpoints k
        left join lateral (
          select u.position, u.recorded_at, u.is_read and annals.bucket(u.key) * $3 / 1024 = k.slot
            and ($4 is null or u.key = any ($4)) as is_mine
          from (%1$s) u order by u.position limit $2
        ) e on true
        where k.consumer = $1
        group by k.slot, k.position, k.moved_at
      ), lagging as (
        select f.slot, f.position, n.head, f.moved_at, f.oldest, s.owner, s.leased_until, s.paused_at, s.paused_because,
          f.seen >= $2 as is_estimate,
          case when f.seen < $2 then f.mine
            else ceil(f.mine * (n.head - f.position)::numeric / greatest(f.seen_to - f.position, 1))::bigint
          end as behind,
          (select count(*)::int from annals.held_keys h where h.consumer = $1 and h.bucket * $3 / 1024 = f.slot) as held,
          d.position as failing_position, d.topic, d.key, d.event_type, d.status, d.attempts, d.error_class, d.error_code,
          d.error_message
        from found f
        cross join newest n
        left join annals.slots s on s.consumer = $1 and s.slot = f.slot
        left join lateral (
          select * from (
          select w.position, w.topic, w.key, w.event_type, w.status, w.attempts, w.error_class, w.error_code, w.error_message
          from annals.held_keys h join annals.dead_letters w on w.id = h.dead_letter
          where h.consumer = $1 and h.bucket * $3 / 1024 = f.slot
            and w.status in ('dead', 'waiting', 'retrying', 'redrive')
          union all
          select s.failed_position, s.failed_topic, s.failed_key, null, 'paused', s.failed_attempts, null, s.failed_code,
            s.failed_message
          where s.failed_position is not null
          ) w order by w.status <> 'dead', w.position
          limit 1
        ) d on true
      )
      select $1, l.slot,
        case when coalesce($5, l.paused_at) is not null then 'paused'
          when w.why is not null then 'stuck'
          when l.behind > 0 or l.held > 0 then 'behind'
          else 'idle' end,
        case when $5 is not null then coalesce($6, 'paused')
          when l.paused_at is not null then coalesce(l.paused_because, 'paused')
          else w.why end,
        l.position, l.head, l.behind, l.is_estimate, l.oldest, l.moved_at, l.owner, l.held,
        l.failing_position, l.topic, l.key, l.event_type, l.status, l.attempts, l.error_class, l.error_code,
        l.error_message
      from lagging l
      cross join lateral (
        select case
          when l.status = 'dead' then 'dead-letter'
          when l.status = 'waiting' then 'unknown-type'
          when l.behind = 0 and l.held = 0 then null
          when coalesce(l.leased_until, '-infinity') < clock_timestamp()
            and l.moved_at < clock_timestamp() - least($7, interval '5 seconds') then 'no-process'
          when l.behind > 0 and greatest(l.moved_at, l.oldest) < clock_timestamp() - $7 then
            case when exists (
              select from annals.open_writers($1) o where o.started_at < clock_timestamp() - $7
            ) then 'open-transaction' else 'no-progress' end
        end as why
      ) w
      order by l.slot
    $query$,
      coalesce(tables, 'select null::bigint as position, null::timestamptz as recorded_at, null::text as key, null::boolean as is_read where false'),
      coalesce(heads, '0::bigint'))
    using c.name, each_slot, c.slots,
      (select array_agg(k.key) from jsonb_array_elements_text(nullif(c.follows -> 'keys', 'null')) k (key)),
      c.paused_at, c.paused_because, stuck_after;
  end loop;
end
$$;

-- The transactions that hold the newest events of a consumer's topics back, the oldest first: they have written to
-- one of its events tables, or are about to, and have not ended. waits_for: the sessions that one waits for itself. A
-- prepared transaction has no session but a name.
create function annals.open_writers(consumer_name text) returns table (
  pid integer, prepared text, started_at timestamptz, state text, application_name text, waits_for integer[]
)
language sql stable as $$
  with recursive tables (relid) as (
    select to_regclass(t ->> 'table')::oid
    from annals.consumers c, jsonb_array_elements(c.follows -> 'topics') t
    where c.name = consumer_name
    union
    select i.inhrelid from pg_catalog.pg_inherits i join tables p on p.relid = i.inhparent
  )
  select distinct on (l.virtualtransaction) l.pid, x.gid, coalesce(a.xact_start, x.prepared), a.state, a.application_name,
    coalesce(pg_catalog.pg_blocking_pids(l.pid), '{}')
  from pg_catalog.pg_locks l
  left join pg_catalog.pg_stat_activity a on a.pid = l.pid
  left join pg_catalog.pg_prepared_xacts x on l.pid is null and x.database = current_database()
    and x.transaction::text = split_part(l.virtualtransaction, '/', 2)
  where l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
    and l.relation in (select relid from tables)
    and l.pid is distinct from pg_backend_pid()
  order by l.virtualtransaction
$$;

create view annals.lag as
select l.*, clock_timestamp() - l.oldest_unhandled_at as oldest_unhandled_age from annals.consumer_lag() l;
