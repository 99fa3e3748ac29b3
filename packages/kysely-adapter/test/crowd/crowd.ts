import { Random } from "@annals/faults";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { annalsPool, createRepository } from "../../src/index.ts";
import { Resident } from "../database/resident.ts";
import { type Crowd, client } from "./client.ts";
import { type Verdict, verdict } from "./verdict.ts";

export interface CrowdOptions {
  /** A database with the tables of the residents, empty. */
  readonly connectionString: string;
  readonly seed: number;
  readonly clients: number;
  readonly ms: number;
  /** Whether writes at the same time are gathered into one statement. */
  readonly coalesce: boolean;
}

/** Lets that many clients loose on one database, each with a connection, and judges what they leave. */
export const crowd = async ({
  connectionString,
  seed,
  clients,
  ms,
  coalesce,
}: CrowdOptions): Promise<Verdict> => {
  const pool = new pg.Pool({ connectionString, max: clients });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  try {
    const shared: Crowd = {
      residents: createRepository(Resident, { db, coalesce }),
      ids: [],
      emails: 2 * clients,
      rooms: 4 * clients,
    };
    for (let room = 1; room <= clients / 2; room += 1) {
      const made = await shared.residents.create({ email: `${room}@example.com`, room });
      shared.ids.push(made.id);
    }
    const founders = shared.ids.map((id) => ({ id, events: 1, scored: 0 }));
    const end = Date.now() + ms;
    let failure: unknown;
    const isOver = () => failure !== undefined || Date.now() >= end;
    const run = async (_: unknown, at: number) => {
      try {
        return await client(shared, new Random(seed * 1_000 + at), isOver);
      } catch (error) {
        // The others stop as well, so that nobody works on a database that is about to be dropped.
        failure ??= error;
        return [];
      }
    };
    const outcomes = (await Promise.all(Array.from({ length: clients }, run))).flat();
    if (failure !== undefined) throw failure;
    return await verdict(db, shared.residents, founders, outcomes);
  } finally {
    await db.destroy();
  }
};
