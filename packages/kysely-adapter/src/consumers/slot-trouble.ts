import type {
  ConsumerPlan,
  ConsumerStore,
  DeadLetterWrite,
  KeyPlace,
  SlotChange,
  SlotTrouble,
} from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import {
  liftHeldKey,
  moveHeldKey,
  pauseSlot,
  readKey,
  readTrouble,
  settleLetter,
  suspectEvent,
  writeLetters,
} from "../statements/dead-letters.ts";
import { type TopicRow, toTopicEvent } from "../statements/topic-row.ts";

type RunStatement = <Row>(
  text: Statement,
  parameters: readonly unknown[],
  call: string,
) => Promise<readonly Row[]>;

/** Events that could not be handled, and the keys that wait for them. */
export const slotTrouble = <DB>(
  database: Database<DB>,
  { name, topics }: ConsumerPlan,
  run: RunStatement,
): Pick<ConsumerStore<never>, "trouble" | "readKey" | "suspect" | "pauseSlot"> => {
  const plans = topics.map(({ plan }) => plan);
  const readings = new Map(
    topics.map(({ plan, passedOver }) => [
      plan.name,
      { text: readKey(database.schema, plan, plans), passedOver },
    ]),
  );
  return {
    trouble: async ({ slots, of }) => {
      const [row] = await run<SlotTrouble>(readTrouble, [name, slots, of], "trouble");
      return row ?? { holds: [], redrives: [] };
    },

    readKey: async ({ after, upTo, limit }) => {
      const reading = readings.get(after.topic);
      // A topic that the consumer follows no more has nothing to go on with.
      if (reading === undefined) return [];
      const { text, passedOver } = reading;
      const parameters = [after.key, after.position, after.sequence, upTo, limit, passedOver];
      return (await run<TopicRow>(text, parameters, "read")).map(toTopicEvent);
    },

    suspect: async ({ slot, epoch }, position) => {
      await run(suspectEvent, [name, slot, epoch, position], "suspect");
    },

    pauseSlot: async (slot, because, { event, attempts, error }) => {
      const at = [event.position, event.topic, event.id, attempts];
      await run(pauseSlot, [name, slot, because, ...at, error.code, error.message], "pause");
    },
  };
};

/** The statements that write changes, in their order; letters that follow each other are one. */
export const changeStatements = (
  consumer: string,
  changes: readonly SlotChange[],
): readonly (readonly [text: Statement, parameters: readonly unknown[]])[] => {
  const letters = changes.flatMap((change) =>
    change.kind === "letter" ? [letterRow(change.letter, change.hold)] : [],
  );
  const others = changes.flatMap((change) => {
    const written = otherChange(consumer, change);
    return written === undefined ? [] : [written];
  });
  return letters.length === 0
    ? others
    : [...others, [writeLetters, [consumer, JSON.stringify(letters)]]];
};

const otherChange = (
  consumer: string,
  change: SlotChange,
): readonly [Statement, readonly unknown[]] | undefined => {
  switch (change.kind) {
    case "settled":
      return [settleLetter, [consumer, change.position, change.as]];
    case "moved": {
      const { topic, key, position, sequence } = change.place;
      return [moveHeldKey, [consumer, topic, key, position, sequence]];
    }
    case "lifted":
      return [liftHeldKey, [consumer, change.topic, change.key]];
    case "letter":
      return undefined;
  }
};

const letterRow = (
  { event, status, attempts, error, retryInMs, reason }: DeadLetterWrite,
  hold: KeyPlace | undefined,
) => ({
  topic: event.topic,
  key: event.id,
  sequence: event.sequence,
  position: event.position,
  event_type: String(event.body.type),
  event_version: Number(event.body.v ?? 1),
  status,
  attempts,
  error_class: error?.class ?? null,
  error_code: error?.code ?? null,
  error_message: error?.message ?? null,
  retry_ms: retryInMs,
  reason,
  hold_position: hold?.position ?? null,
  hold_sequence: hold?.sequence ?? null,
});
