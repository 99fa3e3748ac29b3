import { type DatabaseOf, defineTopic, type TopicDatabaseOf } from "@annals/core";
import type { PostgresServer } from "@annals/testing/postgres";
import { type Generated, Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import * as z from "zod";
import { annalsPool } from "../../../src/index.ts";
import { migrate } from "../../database/open.ts";
import { Account, Order } from "../entities.ts";

/** A topic of its own whose partitions change all the time; nothing of it is dropped. */
export const Notice = defineTopic({
  name: "notice",
  events: { Posted: z.object({ key: z.string(), writer: z.string(), n: z.int() }) },
  key: ({ key }) => key,
  partitions: { events: 40 },
});

/** What one handler call was given. */
interface ArrivalTable {
  readonly n: Generated<number>;
  readonly consumer: string;
  readonly topic: string;
  readonly key: string;
  readonly position: number;
}

export interface KindTables
  extends DatabaseOf<[typeof Account, typeof Order]>,
    TopicDatabaseOf<[typeof Notice]> {
  readonly arrivals: ArrivalTable;
  readonly elsewhere: { readonly note: string };
}

/** A database with two entities, a topic of its own, and what handlers write down. */
export const createKindDatabase = async (server: PostgresServer): Promise<string> => {
  const { connectionString } = await server.createDatabase();
  await migrate(connectionString, [Account, Order, Notice]);
  const db = connectKinds(connectionString, 1);
  await sql`create table arrivals (
    n bigint generated always as identity, consumer text not null, topic text not null,
    key text not null, position bigint not null
  )`.execute(db);
  await sql`create table elsewhere (note text)`.execute(db);
  await db.destroy();
  return connectionString;
};

export const connectKinds = (connectionString: string, max: number): Kysely<KindTables> => {
  const pool = annalsPool(new pg.Pool({ connectionString, max }));
  return new Kysely<KindTables>({ dialect: new PostgresDialect({ pool }) });
};
