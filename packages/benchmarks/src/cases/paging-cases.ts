import { encodeCursor } from "@annals/core/adapter";
import { createRepository, entityMigration } from "@annals/kysely-adapter";
import type pg from "pg";
import type { BenchmarkDatabase, UserRepository } from "../database.ts";
import { User } from "../entity.ts";
import type { Variant } from "../measure/interleave.ts";
import type { CaseSource } from "./benchmark-case.ts";

const PAGE = 20;

type OrderBy = "createdAt" | "email";

/** Reads one page of a list at several places: how far in it lies must not matter. */
const listCase = (orderBy: OrderBy): CaseSource => ({
  name: `list-by-${orderBy === "createdAt" ? "creation" : orderBy}`,
  unit: "pages",
  prepare: async (database, { listed }) => {
    const users = await seedList(database, listed);
    const middle = await cursorAt(database.pool, orderBy, Math.floor(listed / 2));
    const late = await cursorAt(database.pool, orderBy, listed - PAGE);
    const floor = page("first page", users, { orderBy });
    const variants: readonly Variant[] = [
      floor,
      page("middle page", users, { orderBy, after: middle }),
      page("last page", users, { orderBy, after: late }),
      page("last page, from the end", users, { orderBy, last: PAGE }),
    ];
    return { floor, variants };
  },
});

export const pagingCases: readonly CaseSource[] = [listCase("createdAt"), listCase("email")];

interface PageOptions {
  readonly orderBy: OrderBy;
  readonly after?: string;
  readonly last?: number;
}

const page = (name: string, users: UserRepository, options: PageOptions): Variant => {
  const size = options.last === undefined ? { first: PAGE } : {};
  return {
    name,
    run: async () => {
      const { items } = await users.list({ ...options, ...size });
      if (items.length !== PAGE)
        throw new Error(`A page of the benchmark has ${items.length} users`);
    },
  };
};

const SCHEMA = "listed";

/** Fills a schema of its own with so many users, a second apart; once, for all cases. */
const seedList = async (
  { pool, db }: BenchmarkDatabase,
  count: number,
): Promise<UserRepository> => {
  const own = db.withSchema(SCHEMA);
  const { rows } = await pool.query("select to_regclass($1) as found", [`${SCHEMA}.users`]);
  if (rows[0]?.found === null) {
    await pool.query(`create schema ${SCHEMA}`);
    await entityMigration(User).up(own);
    await pool.query(
      `insert into ${SCHEMA}.users (id, created_at, version, email, status)
       select gen_random_uuid(), timestamptz '2020-01-01' + n * interval '1 second', 1, md5(n::text) || '@example.com',
         'active'
       from generate_series(1, $1::int) n`,
      [count],
    );
    await pool.query(
      `insert into ${SCHEMA}.user_events (id, sequence, event_type, event, recorded_at)
       select id, 1, 'UserRegistered',
         jsonb_build_object('type', 'UserRegistered', 'email', email, 'name', 'Name 1'), created_at
       from ${SCHEMA}.users order by id`,
    );
  }
  return createRepository(User, { db: own });
};

/** The cursor of the user who has so many before and among them, without reading those. */
const cursorAt = async (pool: pg.Pool, orderBy: OrderBy, place: number): Promise<string> => {
  const column = orderBy === "createdAt" ? "created_at" : orderBy;
  const { rows } = await pool.query<{ id: string; value: string }>(
    `select id, to_json(${column}) #>> '{}' as value from ${SCHEMA}.users
     order by ${column}, id offset $1 limit 1`,
    [place - 1],
  );
  const position = rows[0] as { id: string; value: string };
  return encodeCursor({ orderBy, direction: "asc", position });
};
