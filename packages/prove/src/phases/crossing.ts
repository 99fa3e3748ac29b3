import { writeBusily } from "./busy-writing.ts";
import type { Phase } from "./phase.ts";

/** Commits that come in another order than positions, rollbacks, and backends and consumers that die. */
export const crossing: Phase = {
  name: "crossing commits",
  share: 4,
  run: async (trial, events) => {
    await trial.startConsumer();
    // One that is not there yet, or behind, would not notice the order of commits.
    await trial.consumerIsUp();
    return { kind: "ran", told: await writeBusily(trial, { events, killsConsumers: true }) };
  },
};
