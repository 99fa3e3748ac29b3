import type { PreparedStatement } from "./write-statements.ts";

/** How a read says which user it wants. */
export type Key = "id" | "email";

/** One row: the index row with its events as one value. */
export const aggregatedRead = (key: Key): PreparedStatement => ({
  name: `by_hand_aggregated_by_${key}`,
  text: `select u.id, u.version, (
  select json_agg(e.event) from (
    select event from guarded.user_events where id = u.id order by sequence
  ) e
) as events
from guarded.users u where u.${key} = $1`,
});

/** A row for each event with all columns: what one writes first. */
export const rowsRead = (key: Key): PreparedStatement => ({
  name: `by_hand_rows_by_${key}`,
  text: `select u.version, e.*
from guarded.users u join guarded.user_events e on e.id = u.id
where u.${key} = $1 order by e.sequence`,
});

/** The index row first, then the events of its id: two round trips. */
export const twoReads = (key: Key) =>
  ({
    user: {
      name: `by_hand_user_by_${key}`,
      text: `select id, version from guarded.users where ${key} = $1`,
    },
    events: {
      name: "by_hand_events",
      text: "select sequence, event from guarded.user_events where id = $1 order by sequence",
    },
  }) as const;
