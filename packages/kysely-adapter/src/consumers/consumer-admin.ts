import type {
  ConsumerAdmin,
  DeadLetter,
  DeadLetterFilter,
  DeadLetterStatus,
} from "@annals/core/adapter";
import type { Database } from "../connection/database.ts";
import type { Statement } from "../connection/statement.ts";
import { decideLetters, type LetterRow, listLetters } from "../statements/decide-letters.ts";

/** About these, something is still to happen or to be decided. */
const OPEN: readonly DeadLetterStatus[] = ["retrying", "waiting", "dead", "redrive"];

/** What operators see and decide about consumers, on PostgreSQL. */
export const consumerAdmin = <DB>(database: Database<DB>): ConsumerAdmin => {
  const run = async <Row>(text: Statement, parameters: readonly unknown[], call: string) =>
    (await database.run<Row>(text, parameters, "none", ["consumers", call])).rows;

  const decide = async (
    filter: DeadLetterFilter,
    status: string,
    reason: string | null,
  ): Promise<number> =>
    (await run(decideLetters, [...chosen(filter), status, reason], status)).length;

  return {
    deadLetters: async ({ first = 100, after = 0, ...filter }) => {
      const rows = await run<LetterRow>(listLetters, [...chosen(filter), after, first], "list");
      return rows.map((row) => toDeadLetter(filter.consumer, row));
    },
    redrive: (filter) => decide(filter, "redrive", null),
    discard: ({ reason, ...filter }) => decide(filter, "discarded", reason),
  };
};

const chosen = ({ consumer, status = OPEN, positions, keys }: DeadLetterFilter) => [
  ...[consumer, status],
  ...[positions ?? null, keys ?? null],
];

const toDeadLetter = (consumer: string, row: LetterRow): DeadLetter => ({
  consumer,
  topic: row.topic,
  key: row.key,
  sequence: row.sequence,
  position: Number(row.position),
  eventType: row.event_type,
  status: row.status as DeadLetter["status"],
  attempts: row.attempts,
  error:
    row.error_class === null
      ? null
      : { class: row.error_class, code: row.error_code, message: row.error_message ?? "" },
  firstFailedAt: new Date(row.first_failed_at),
  lastFailedAt: new Date(row.last_failed_at),
  retryAt: row.retry_at === null ? null : new Date(row.retry_at),
  reason: row.reason,
});
