import { rebuild, verify } from "@annals/kysely-adapter";
import { fold } from "../by-hand/fold.ts";
import type { BenchmarkDatabase } from "../database.ts";
import { User } from "../entity.ts";
import type { Variant } from "../measure/interleave.ts";
import type { CaseSource } from "./benchmark-case.ts";
import { EVENTS_PER_USER, prepareTopic } from "./topic-data.ts";

/** Folds the events of every user and compares index rows with them, or makes them equal. One run is all of it. */
export const maintenanceCase: CaseSource = {
  name: "verify and rebuild",
  unit: "entities",
  oneConnection: true,
  prepare: async (database, { topicEvents }) => {
    await prepareTopic(database, topicEvents);
    const users = topicEvents / EVENTS_PER_USER;
    const db = database.db.withSchema("topic");
    const run = (name: string, work: () => Promise<number>): Variant => ({
      name,
      operationsPerRun: users,
      run: async () => {
        const checked = await work();
        if (checked !== users) throw new Error(`${name} looked at ${checked} of ${users} users`);
      },
    });
    const floor = run("by hand, fold and compare", () => compareByHand(database));
    const variants = [
      run("annals, verify", async () => (await verify(db, User, { concurrency: 1 })).checked),
      run("annals, rebuild", async () => (await rebuild(db, User, { concurrency: 1 })).checked),
      floor,
    ];
    return { floor, variants };
  },
};

const PAGE = {
  name: "by_hand_compare",
  text: `select u.id, u.email, (
  select json_agg(e.event) from (
    select event from topic.user_events where id = u.id order by sequence
  ) e
) as events
from topic.users u where u.id > $1 order by u.id limit 1000`,
};

const compareByHand = async ({ pool }: BenchmarkDatabase): Promise<number> => {
  let after = "00000000-0000-0000-0000-000000000000";
  for (let checked = 0; ; ) {
    const { rows } = await pool.query({ ...PAGE, values: [after] });
    for (const { email, events } of rows) {
      if (fold(events).email !== email) throw new Error("An index row differs");
    }
    checked += rows.length;
    after = rows.at(-1)?.id;
    if (after === undefined) return checked;
  }
};
