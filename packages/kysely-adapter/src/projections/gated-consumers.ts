import type { ConsumerPlan, ConsumerStore } from "@annals/core/adapter";
import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import { enterProjection, hasEpoch } from "../statements/projection-gate.ts";
import { type ProjectionParts, runOn } from "./projection-parts.ts";

type OpenConsumer<DB> = (plan: ConsumerPlan) => ConsumerStore<AnnalsTransaction<DB>>;

/**
 * The stores of a projection's consumer, whose transactions begin at a gate that is closed while the tables are
 * put in place. Whoever comes through finds whether its lease has ended with that, before any handler is
 * called on tables that have its events already.
 */
export const gatedConsumers =
  <DB>(parts: ProjectionParts<DB>, open: OpenConsumer<DB>): OpenConsumer<DB> =>
  (plan) => {
    const store = open(plan);
    return {
      ...store,
      advance: async (to, work = {}) => {
        const { effects } = work;
        if (effects === undefined) return store.advance(to, work);
        const entered = async (tx: AnnalsTransaction<DB>): Promise<void> => {
          const run = runOn(parts, "run", tx);
          await run(enterProjection, [parts.name]);
          // A statement of its own: what was committed during the wait is visible to it.
          const kept = await run(hasEpoch, [parts.name, to.slot, to.epoch]);
          if (kept.length === 0) throw new LeaseEnded();
          await effects(tx);
        };
        try {
          return await store.advance(to, { ...work, effects: entered });
        } catch (error) {
          if (error instanceof LeaseEnded) return false;
          throw error;
        }
      },
    };
  };

class LeaseEnded extends Error {}
