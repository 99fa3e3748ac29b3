import type { Tables } from "../tables.ts";
import type { PreparedStatement } from "./write-statements.ts";

/**
 * Many users with one event each. Parameters: the rows, the events, both JSON lists.
 * A join is what one writes first; that positions then turn around is found out later.
 */
export const createManyStatement = (tables: Tables): PreparedStatement => ({
  name: `by_hand_create_many_${tables}`,
  text: `with created as (
  insert into ${tables}.users (id, created_at, version, email, status)
  select id, now(), 1, email, status
  from json_to_recordset($1::json) as given (id uuid, email text, status text)
  returning id, created_at
)
insert into ${tables}.user_events (id, sequence, event_type, event, recorded_at)
select c.id, e.sequence, e.event ->> 'type', e.event, c.created_at
from created c
join json_to_recordset($2::json) as e (id uuid, sequence int, event jsonb) on e.id = c.id
order by c.id, e.sequence`,
});

/** A page by creation time, with the events of each user as one value. Parameters: limit. */
export const listStatement: PreparedStatement = {
  name: "by_hand_list",
  text: `select u.id, u.version, (
  select json_agg(e.event) from (
    select event from guarded.user_events where id = u.id order by sequence
  ) e
) as events
from guarded.users u order by u.created_at, u.id limit $1`,
};
