import { annalsPool } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";

/** A query of ours as it reached `pg`. */
interface RecordedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Makes a query like the recorded one, with other values in the places of the sample's. */
export type Replay<Place extends string> = (
  values: Readonly<Record<Place, unknown>>,
) => pg.QueryConfig;

/**
 * Records the last statement that our layers send while `work` runs, so that it can be sent without
 * them: the difference is what the layers cost, and the rest is the statement's own.
 */
export const recordStatement = async <Place extends string>(
  pool: pg.Pool,
  work: (db: Kysely<unknown>) => Promise<Readonly<Record<Place, unknown>>>,
): Promise<Replay<Place>> => {
  let last: RecordedQuery | undefined;
  const recording = {
    connect: async () => {
      const client = await pool.connect();
      return {
        query: (query: Omit<RecordedQuery, "values">, values: unknown[]) => {
          last = { name: query.name, text: query.text, values };
          return client.query(query, values);
        },
        release: () => client.release(),
      };
    },
    end: () => Promise.resolve(),
  };
  const dialect = new PostgresDialect({ pool: annalsPool(recording) });
  const sample = await work(new Kysely<unknown>({ dialect }));
  if (last === undefined) throw new Error("Nothing was sent that could be recorded");
  return replay(last, sample);
};

const replay = <Place extends string>(
  { name, text, values: recorded }: RecordedQuery,
  sample: Readonly<Record<Place, unknown>>,
): Replay<Place> => {
  const places = Object.entries(sample).map(([place, value]) => {
    const at = recorded.indexOf(value);
    if (at === -1) throw new Error(`The recorded statement has no parameter for the ${place}`);
    return [place as Place, at] as const;
  });
  return (given) => {
    const values = [...recorded];
    for (const [place, at] of places) values[at] = given[place];
    return { name, text, values };
  };
};
