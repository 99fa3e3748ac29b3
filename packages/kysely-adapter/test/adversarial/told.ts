import type { ConsumerPlan } from "@annals/core/adapter";
import { Kysely, PostgresDialect } from "kysely";
import { Database, identityOf } from "../../src/connection/database.ts";
import { WakeUps } from "../../src/connection/wake-ups.ts";
import { TopicReader as OurReader } from "../../src/consumers/topic-reader.ts";
import { annalsPool } from "../../src/index.ts";
import { Account, Order } from "./entities.ts";
import type { Mutant } from "./mutant-readers.ts";

/** Tells consumers that something was committed, as a repository of the same process would. */
export const tellOf = <DB>(db: Kysely<DB>): void => WakeUps.of(identityOf(db)).wake();

/** Our own reader, no mutant, that is told of a commit before each look, and so reads along with it. */
export const toldReader: Mutant = (pool, topic) => {
  const db = new Kysely({ dialect: new PostgresDialect({ pool: annalsPool(pool) }) });
  const { plan } = topic === "account" ? Account : Order;
  const following: ConsumerPlan = {
    ...{ name: "told", topics: [{ plan, passedOver: [] }], slots: 1, keys: undefined },
    ...{ handles: [], knows: [], start: "beginning", changesTopics: false },
  };
  const reader = new OurReader(new Database(db), following);
  let after = 0;
  return {
    next: async (limit) => {
      reader.forget();
      reader.expectNews();
      const read = await reader.read({ after, upTo: undefined, limit, for: { slots: [0], of: 1 } });
      after = read.upTo;
      return read.events.map(({ id, sequence, position }) => ({ entity: id, sequence, position }));
    },
  };
};
