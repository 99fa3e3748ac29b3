import {
  type ConsumerAdmin,
  type ConsumerCondition,
  type FailingEvent,
  type OpenWriter,
  type SlotHealth,
  summedUp,
  type TopicPlan,
} from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { progressOf } from "../connection/wake-ups.ts";
import {
  type LagRow,
  type OpenWriterRow,
  type ReachedRow,
  readEntityReached,
  readLag,
  readOpenWriters,
  readPositionReached,
} from "../statements/consumer-health.ts";

/** How consumers stand, and how far they have come, on PostgreSQL. */
export const consumerHealth = <DB>(
  database: Database<DB>,
): Pick<ConsumerAdmin, "health" | "hasReached" | "watchProgress"> => {
  const run = async <Row>(text: Statement, parameters: readonly unknown[], call: string) =>
    (await database.run<Row>(text, parameters, "none", ["consumers", call])).rows;
  const reached = new Map<TopicPlan, Statement>();
  const entityReached = (plan: TopicPlan): Statement => {
    const text = reached.get(plan) ?? readEntityReached(database.schema, plan);
    reached.set(plan, text);
    return text;
  };

  return {
    health: async (consumer) => {
      const rows = await run<LagRow>(readLag, [consumer ?? null], "health");
      const writers = await run<OpenWriterRow>(readOpenWriters, [consumer ?? null], "health");
      const writersOf = Map.groupBy(writers, (row) => row.consumer);
      return [...Map.groupBy(rows, (row) => row.consumer)].map(([name, slots]) =>
        summedUp(name, slots.map(toSlotHealth), (writersOf.get(name) ?? []).map(toOpenWriter)),
      );
    },

    hasReached: async (consumer, place) => {
      const [row] =
        place.kind === "position"
          ? await run<ReachedRow>(readPositionReached, [consumer, place.position], "waitFor")
          : await run<ReachedRow>(
              entityReached(place.plan),
              [consumer, place.id, place.version],
              "waitFor",
            );
      return row?.reached;
    },

    watchProgress: (consumer, moved) => progressOf(database.identity).watch([consumer], moved),
  };
};

const toSlotHealth = (row: LagRow): SlotHealth => ({
  slot: row.slot,
  condition: row.condition as ConsumerCondition,
  because: row.because,
  position: Number(row.position),
  eventsBehind: Number(row.events_behind),
  isEstimate: row.is_estimate,
  oldestUnhandledMs: row.oldest_ms === null ? null : Number(row.oldest_ms),
  owner: row.owner,
  heldKeys: row.held_keys,
  failing: row.failing_position === null ? null : toFailing(row),
});

const toFailing = (row: LagRow): FailingEvent => ({
  topic: row.failing_topic,
  key: row.failing_key,
  position: Number(row.failing_position),
  eventType: row.failing_type,
  status: row.failing_status as FailingEvent["status"],
  attempts: row.failing_attempts,
  error:
    row.failing_message === null
      ? null
      : { class: row.failing_class, code: row.failing_code, message: row.failing_message },
});

const toOpenWriter = (row: OpenWriterRow): OpenWriter => ({
  pid: row.pid,
  prepared: row.prepared,
  openForMs: Number(row.open_ms ?? 0),
  state: row.state,
  applicationName: row.application_name,
  waitsFor: row.waits_for,
});
