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
        await sql`insert into signups as s (day, count) values (${day}, 1)
          on conflict (day) do update set count = s.count + 1`.execute(tx);
      },
    },
  });
  return { signups, users: createRepository(User, { db, projections: [signups] }) };
};
// #endregion
