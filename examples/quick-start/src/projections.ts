import { createProjection, createRepository } from "@annals/kysely-adapter";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { User } from "./user.ts";

// #region define
export const signupsPerDay = (db: Kysely<Database>) =>
  createProjection(db, {
    name: "signups-per-day",
    topics: [User],
    tables: ["signups"], // what its handlers write, and nobody else
    on: {
      UserRegistered: async (_, { tx, recordedAt }) => {
        await tx
          .insertInto("signups")
          .values({ day: recordedAt.toISOString().slice(0, 10), count: 1 })
          .onConflict((on) =>
            on.column("day").doUpdateSet({ count: sql`signups.count + excluded.count` }),
          )
          .execute();
      },
    },
  });
// #endregion

// #region rebuild
export const rebuildSignups = async (
  db: Kysely<Database>,
  signal: AbortSignal,
  print: (line: string) => void,
) => {
  const signups = signupsPerDay(db);
  const { finished } = await signups.rebuild({
    signal,
    onProgress: ({ position, last }) => print(`${position} of ${last}`),
  });
  if (finished) await signups.dropOld(); // when nobody wants to look at the replaced tables any more
};
// #endregion

// #region verify
export const verifySignups = async (db: Kysely<Database>, print: (line: string) => void) => {
  const { matches, tables } = await signupsPerDay(db).verify();
  if (matches) return;
  for (const { table, unexpected, missing, samples } of tables) {
    print(`${table}: ${unexpected} rows too many, ${missing} too few`);
    for (const row of samples.unexpected) print(JSON.stringify(row));
  }
};
// #endregion

// #region inline
export const countedUsers = (db: Kysely<Database>) => {
  const signups = createProjection(db, {
    name: "signups-per-day",
    topics: [User],
    tables: ["signups"],
    inline: true, // written in the transaction that appends
    on: {
      UserRegistered: async (_, { tx, recordedAt }) => {
        const day = recordedAt.toISOString().slice(0, 10);
        // Without a schema, so that a rebuild can send this to the new table.
        await sql`insert into signups as s (day, count) values (${day}, 1)
          on conflict (day) do update set count = s.count + 1`.execute(tx);
      },
    },
  });
  return { signups, users: createRepository(User, { db, projections: [signups] }) };
};
// #endregion
