import assert from "node:assert/strict";
import { createConsumer, createRepository, transaction } from "@annals/kysely-adapter";
import { sql } from "kysely";
import { migrate, openDatabase } from "./database.ts";
import { User } from "./user.ts";

const { DATABASE_URL } = process.env;
assert(DATABASE_URL, "Set DATABASE_URL to an empty PostgreSQL database.");
const db = openDatabase(DATABASE_URL);
await migrate(db);

// #region use
const users = createRepository(User, { db });

const ada = await users.create({ email: "ada@example.com", name: "Ada" });
ada.changeEmail("countess@example.com"); // "executed" | "alreadyApplied"; a rejection throws
ada.attempt.changeEmail("x@example.com"); // the same as a value
await users.update(ada); // one round trip: index row + events + version check

const same = await users.findByEmail("X@example.com"); // typed, indexed, up to date
const none = await users.maybeFindByEmail("nobody@example.com"); // undefined
const page = await users.list({ where: { status: "active" }, orderBy: "createdAt", first: 20 });

await transaction(db, async (tx) => {
  await users.create({ email: "b@example.com", name: "B" }, { tx });
  await users.create({ email: "c@example.com", name: "C" }, { tx });
}); // both or neither
// #endregion

// #region consume
const signups = createConsumer(db, {
  name: "signups-per-day",
  topics: [User],
  on: {
    UserRegistered: async (_event, { tx, recordedAt }) => {
      // What is written through tx commits together with the consumer's checkpoint: exactly once.
      await tx
        .insertInto("signups")
        .values({ day: recordedAt.toISOString().slice(0, 10), count: 1 })
        .onConflict((on) => on.column("day").doUpdateSet({ count: sql`signups.count + 1` }))
        .execute();
    },
  },
});
await signups.run({ signal: AbortSignal.timeout(500) }); // until you stop it
// #endregion

assert.equal(same.id, ada.id);
assert.equal(none, undefined);
assert.equal(page.items.length, 1);
const { count } = await db.selectFrom("signups").select("count").executeTakeFirstOrThrow();
process.stdout.write(`${same.state.name} is ${same.state.email}; ${count} signups.\n`);
await db.destroy();
