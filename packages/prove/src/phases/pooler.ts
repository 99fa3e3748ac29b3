import { type PgBouncer, startPgBouncer, whyNoPgBouncer } from "../pgbouncer.ts";
import { CONSUMER_CONNECTIONS } from "../trial.ts";
import { writeBusily } from "./busy-writing.ts";
import type { Phase } from "./phase.ts";

/** Writers and consumer behind a pooler that hands connections out by transaction. */
export const pooler: Phase = {
  name: "transaction-mode pooler",
  share: 2,
  run: async (trial, events) => {
    const because = whyNoPgBouncer();
    if (because !== undefined) return { kind: "skipped", because };
    let bouncer: PgBouncer | undefined;
    try {
      bouncer = await startPgBouncer(trial.connectionString);
      const { connectionString, version } = bouncer;
      await trial.startConsumer({
        connectionString: trial.connection("consumer", connectionString),
        isPooled: true,
        connections: CONSUMER_CONNECTIONS,
      });
      const told = await writeBusily(trial, {
        events,
        through: { connectionString, isPooled: true },
        killsConsumers: true,
      });
      await trial.drained(await trial.stored());
      return { kind: "ran", told: `${version}, ${told}` };
    } finally {
      await trial.startConsumer();
      await bouncer?.stop();
    }
  },
};
