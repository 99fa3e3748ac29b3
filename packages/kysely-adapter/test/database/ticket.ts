import { defineEntity } from "@annals/core";
import { type Kysely, sql } from "kysely";
import * as z from "zod";

const fields = {
  code: z.string(),
  status: z.enum(["open", "closed", "odd"]),
  rank: z.int(),
  note: z.string().nullable(),
  alias: z.string().nullable(),
};

/** A column of every kind that lists are ordered by: unique or not, with a value always or not. */
export const Ticket = defineEntity({
  name: "ticket",
  schema: z.object(fields),
  events: { Opened: z.object(fields) },
  create: (input: z.output<z.ZodObject<typeof fields>>) => ({ type: "Opened", ...input }),
  evolve: { Opened: (_, { type: _type, ...ticket }) => ticket },
  commands: {},
  index: { code: { unique: true }, status: {}, rank: {}, note: {}, alias: { unique: true } },
});

/**
 * Stores so many tickets by plain inserts, with all guards in place. Half of them have no note, and
 * one in fifty no alias; ranks repeat; one in a thousand is odd.
 */
export const insertTickets = async (db: Kysely<unknown>, count: number): Promise<void> => {
  await sql`
    insert into tickets (id, created_at, version, code, status, rank, note, alias)
    select gen_random_uuid(), timestamptz '2024-01-01' + n * interval '1 second', 1, md5(n::text),
      case when n % 1000 = 0 then 'odd' when n % 2 = 0 then 'open' else 'closed' end, n % 100,
      case when n % 2 = 0 then 'note ' || n end, case when n % 50 > 0 then 'alias ' || n end
    from generate_series(1, ${count}::int) n`.execute(db);
  await sql`
    insert into ticket_events (id, sequence, event_type, event, recorded_at)
    select id, 1, 'Opened', jsonb_build_object('type', 'Opened', 'code', code, 'status', status, 'rank', rank,
      'note', note, 'alias', alias), created_at
    from tickets order by id`.execute(db);
  await sql`vacuum analyze tickets, ticket_events`.execute(db);
};
