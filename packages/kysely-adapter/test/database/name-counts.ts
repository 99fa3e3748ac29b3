import type { DatabaseOf } from "@annals/core";
import { type Generated, type Kysely, sql, type Transaction } from "kysely";
import { createProjection } from "../../src/index.ts";
import { Account } from "./account.ts";
import { migrate, openDatabase } from "./open.ts";

/** Tables that go wrong by any event that is lost, doubled or out of order. */
export interface NameTables {
  name_counts: { name: string; count: number; id: Generated<number> };
  name_log: {
    entry: Generated<number>;
    account: string;
    name: string;
    sequence: number;
    position: number;
  };
}

export type NameDatabase = DatabaseOf<[typeof Account]> & NameTables;

export const migrateNames = async (connectionString: string): Promise<void> => {
  await migrate(connectionString, [Account]);
  const db = openDatabase(connectionString);
  await sql`create table name_counts (
    name text collate "C" constraint odd_key_name primary key, count integer not null default 0 check (count >= 0),
    id integer generated always as identity
  ) with (fillfactor = 70)`.execute(db);
  await sql`create index counts_by_size on name_counts (count desc)`.execute(db);
  await sql`create table name_log (
    entry serial, account uuid not null constraint log_account references accounts (id),
    name text collate "C" not null references name_counts (name) on delete restrict,
    sequence integer not null, position bigint not null, unique (account, sequence)
  )`.execute(db);
  await sql`create index on name_log (position)`.execute(db);
  await sql`create index on name_log (position)`.execute(db);
  await db.destroy();
};

const count = async (tx: Transaction<NameDatabase>, name: string): Promise<void> => {
  await tx
    .insertInto("name_counts")
    .values({ name, count: 1 })
    .onConflict((conflict) =>
      conflict
        .constraint("odd_key_name")
        .doUpdateSet({ count: sql`name_counts.count + excluded.count` }),
    )
    .execute();
};

interface Delivered {
  readonly entityId: string;
  readonly sequence: number;
  readonly position: number;
  readonly tx: Transaction<NameDatabase>;
}

const log = async (
  name: string,
  { tx, entityId, sequence, position }: Delivered,
): Promise<void> => {
  await tx.insertInto("name_log").values({ account: entityId, name, sequence, position }).execute();
};

/** Counts the names that accounts ever had, and logs every event. */
export const nameCounts = <Inline extends boolean = false>(
  db: Kysely<NameDatabase>,
  options: {
    readonly inline?: Inline;
    readonly batchSize?: number;
    /** Called before each event is handled, with its name. */
    readonly onHandle?: (name: string) => unknown;
    readonly onFailed?: (error: unknown) => void;
  } = {},
) => {
  const { onHandle = () => {}, onFailed = () => {}, ...rest } = options;
  const handle = async (name: string, meta: Delivered): Promise<void> => {
    try {
      await onHandle(name);
      await count(meta.tx, name);
      await log(name, meta);
    } catch (error) {
      onFailed(error);
      throw error;
    }
  };
  return createProjection(db, {
    name: "name-counts",
    topics: [Account],
    tables: ["name_log", "name_counts"],
    pollIntervalMs: 5,
    leaseMs: 1_000,
    ...rest,
    on: {
      AccountOpened: ({ name }, meta) => handle(name, meta),
      AccountRenamed: ({ name }, meta) => handle(name, meta),
    },
  });
};

/** Both tables against the events up to a position: what is missing, what is too much. */
export const differences = async (
  db: Kysely<NameDatabase>,
  upTo: number = Number.MAX_SAFE_INTEGER,
): Promise<readonly object[]> => {
  const { rows } = await sql<object>`
    with expected as (
      select event ->> 'name' as name, count(*)::int as count from account_events
      where event_type in ('AccountOpened', 'AccountRenamed') and position <= ${upTo} group by 1
    )
    select 'count' as what, coalesce(e.name, c.name) as of, e.count as expected, c.count as found
    from expected e full join name_counts c using (name) where e.count is distinct from c.count
    union all
    select 'log', coalesce(e.id, l.account)::text, e.sequence, l.sequence
    from (select * from account_events where event_type <> 'EmailChanged' and position <= ${upTo}) e
    full join name_log l on l.account = e.id and l.sequence = e.sequence and l.position = e.position
    where e.id is null or l.account is null`.execute(db);
  return rows;
};

/** What PostgreSQL knows of the live tables but for their identity. */
export const shape = async (db: Kysely<NameDatabase>): Promise<readonly object[]> => {
  const live = sql`('name_counts'::regclass, 'name_log'::regclass)`;
  const { rows } = await sql<object>`
    select 'index' as kind, indexname as name, indexdef as def from pg_indexes
    where schemaname = 'public' and tablename in ('name_counts', 'name_log')
    union all
    select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint where conrelid in ${live}
    union all
    select 'column', attname, format('%s %s %s %s %s', format_type(atttypid, atttypmod), attidentity, attacl,
      pg_get_serial_sequence(attrelid::regclass::text, attname), col_description(attrelid, attnum))
    from pg_attribute where attrelid in ${live} and attnum > 0
    union all
    select 'table', relname, format('%s %s %s %s', reloptions, relacl, relowner, obj_description(oid, 'pg_class'))
    from pg_class where oid in ${live}
    order by 1, 2, 3`.execute(db);
  return rows;
};
