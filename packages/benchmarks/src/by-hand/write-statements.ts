import type { Tables } from "../tables.ts";

// What somebody writes who knows PostgreSQL well and needs exactly this: one statement for each write,
// no layer, no validation, no bound on lock waits. Prepared by name.

export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** Parameters: id, email, status, event. */
export const createStatement = (tables: Tables): PreparedStatement => ({
  name: `by_hand_create_${tables}`,
  text: `with created as (
  insert into ${tables}.users (id, created_at, version, email, status)
  values ($1, now(), 1, $2, $3)
  returning id, created_at
)
insert into ${tables}.user_events (id, sequence, event_type, event, recorded_at)
select id, 1, $4::jsonb ->> 'type', $4::jsonb, created_at from created`,
});

/** Parameters: id, expected version, email, status, event. No row is inserted on a conflict. */
export const appendStatement = (tables: Tables): PreparedStatement => ({
  name: `by_hand_append_${tables}`,
  text: `with updated as (
  update ${tables}.users set version = version + 1, email = $3, status = $4
  where id = $1 and version = $2
  returning id, version
)
insert into ${tables}.user_events (id, sequence, event_type, event, recorded_at)
select id, version, $5::jsonb ->> 'type', $5::jsonb, now() from updated`,
});

/** The same as statements of one transaction, as most frameworks write. */
export const transactionStatements = (tables: Tables) =>
  ({
    /** Parameters: id, email, status. */
    insertUser: {
      name: `by_hand_insert_user_${tables}`,
      text: `insert into ${tables}.users (id, created_at, version, email, status)
values ($1, now(), 1, $2, $3)`,
    },
    /** Parameters: id, expected version, email, status. */
    updateUser: {
      name: `by_hand_update_user_${tables}`,
      text: `update ${tables}.users set version = version + 1, email = $3, status = $4
where id = $1 and version = $2`,
    },
    /** Parameters: id, sequence, event. */
    insertEvent: {
      name: `by_hand_insert_event_${tables}`,
      text: `insert into ${tables}.user_events (id, sequence, event_type, event, recorded_at)
values ($1, $2, $3::jsonb ->> 'type', $3::jsonb, now())`,
    },
  }) as const;
