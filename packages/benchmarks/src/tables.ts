import { entityMigration, frameworkMigrations } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import type pg from "pg";
import { MinimallyGuardedUser, User } from "./entity.ts";

/**
 * The schemas that hold the same two tables:
 * - `guarded`: as they are generated;
 * - `minimal`: without the trigger that ties index row and events together;
 * - `bare`: without foreign keys, checks and triggers; keys, indexes and position stay;
 * - `topic` and `replay`: as `guarded`, with a fixed number of events for the consumers.
 */
type MadeTables = "guarded" | "minimal" | "bare" | "topic" | "replay";

/** Those, and the ones of the case that measures single rules. */
export type Tables = MadeTables | `rules_${string}`;

export const createTables = async (pool: pg.Pool, db: Kysely<unknown>): Promise<void> => {
  for (const migration of Object.values(frameworkMigrations)) await migration.up(db);
  const definitions = {
    guarded: User,
    minimal: MinimallyGuardedUser,
    bare: MinimallyGuardedUser,
    topic: User,
    replay: User,
  } as const satisfies Record<MadeTables, unknown>;
  for (const [schema, definition] of Object.entries(definitions)) {
    await pool.query(`create schema ${schema}`);
    await entityMigration(definition).up(db.withSchema(schema));
  }
  await pool.query(STRIP);
};

// From the catalog, so that nothing is forgotten when the generated tables change.
const STRIP = `do $$
declare
  found record;
begin
  for found in select conrelid::regclass as owner, conname from pg_constraint
    where connamespace = 'bare'::regnamespace and contype in ('c', 'f')
  loop
    execute format('alter table %s drop constraint %I', found.owner, found.conname);
  end loop;
  for found in select t.tgrelid::regclass as owner, t.tgname from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'bare'::regnamespace and not t.tgisinternal
  loop
    execute format('drop trigger %I on %s', found.tgname, found.owner);
  end loop;
end
$$`;

export interface SeededUser {
  readonly id: string;
  readonly email: string;
}

/**
 * Gives the tables that are written to some size before any plan is made: for a handful of rows a scan
 * is the best plan, and a prepared statement keeps it while the table grows.
 */
export const seedBody = async (pool: pg.Pool, users: number): Promise<void> => {
  for (const tables of ["guarded", "minimal", "bare"] as const) {
    await seedUsers(pool, tables, "body", { users, events: 2 });
  }
};

/** Fills in users that have a number of events each. Their addresses begin with the label. */
export const seedUsers = async (
  pool: pg.Pool,
  tables: Tables,
  label: string,
  { users, events }: { readonly users: number; readonly events: number },
): Promise<readonly SeededUser[]> => {
  const { rows } = await pool.query<SeededUser>(
    `insert into ${tables}.users (id, created_at, version, email, status)
     select gen_random_uuid(), now(), $3, $1 || n || '@example.com', 'active'
     from generate_series(1, $2::int) n
     returning id, email`,
    [`${label}-`, users, events],
  );
  await pool.query(
    `insert into ${tables}.user_events (id, sequence, event_type, event, recorded_at)
     select u.id, n, e.event ->> 'type', e.event, now()
     from unnest($1::uuid[]) made (id)
     join ${tables}.users u on u.id = made.id
     cross join generate_series(1, $2::int) n
     cross join lateral (select case n
       when 1 then jsonb_build_object('type', 'UserRegistered', 'email', u.email, 'name', 'Name 1')
       else jsonb_build_object('type', 'UserRenamed', 'name', 'Name ' || n) end as event) e
     order by u.id, n`,
    [rows.map(({ id }) => id), events],
  );
  return rows;
};

const USERS_AT_ONCE = 10_000;

/** Fills in so many events, in statements of bounded size. */
export const seedEvents = async (
  pool: pg.Pool,
  tables: Tables,
  events: number,
  eventsPerUser: number,
): Promise<void> => {
  let left = Math.ceil(events / eventsPerUser);
  for (let part = 1; left > 0; part += 1) {
    const users = Math.min(left, USERS_AT_ONCE);
    await seedUsers(pool, tables, `fill-${part}`, { users, events: eventsPerUser });
    left -= users;
  }
};
