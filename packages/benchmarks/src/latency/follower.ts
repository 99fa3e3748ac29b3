import { annalsPool, createConsumer, type NotifyHints, notifyHints } from "@annals/kysely-adapter";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { User } from "../entity.ts";

export interface Following {
  readonly connectionString: string;
  readonly consumer: string;
  readonly slots: number;
  readonly hint: boolean;
}

/** The same clock in every thread and process of the machine, in milliseconds. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Follows users over connections of its own, until `stop` is called. */
export const follow = async (
  { connectionString, consumer, slots, hint }: Following,
  db: Kysely<unknown>,
  onHandled: (name: string, at: number) => void,
): Promise<() => Promise<void>> => {
  const following = createConsumer(db.withSchema("guarded"), {
    name: consumer,
    topics: [User],
    slots,
    on: {
      UserRegistered: () => {},
      UserRenamed: ({ name }) => onHandled(name, monotonicMs()),
    },
  });
  await following.catchUp();
  const hintPool = new pg.Pool({ connectionString, max: 2 });
  const hints: NotifyHints | undefined = hint ? notifyHints(db, { pool: hintPool }) : undefined;
  const ending = new AbortController();
  const running = following.run({ signal: ending.signal });
  return async () => {
    ending.abort();
    await running;
    await hints?.close();
    await hintPool.end();
  };
};

export const openPool = (connectionString: string): Kysely<unknown> =>
  new Kysely({
    dialect: new PostgresDialect({ pool: annalsPool(new pg.Pool({ connectionString, max: 12 })) }),
  });
