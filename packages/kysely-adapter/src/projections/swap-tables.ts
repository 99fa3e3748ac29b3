import { HandlerFailedError } from "@annals/core";
import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import { unprepared } from "../connection/statement.ts";
import {
  type LockedCheckpointRow,
  lockCheckpoints,
  lockConsumers,
  placeConsumer,
} from "../statements/projection-checkpoint.ts";
import { readTopic } from "../statements/read-topic.ts";
import { SERVER_LIFE } from "../statements/server-life.ts";
import { exchangeTables } from "../statements/shadow-tables.ts";
import { type TopicRow, toTopicEvent } from "../statements/topic-row.ts";
import { quoteName } from "../tables/quote.ts";
import { withTables } from "./locked-tables.ts";
import { oldSchema } from "./projected-tables.ts";
import {
  type ProjectionParts,
  quotedTables,
  type RunStatement,
  runYielded,
} from "./projection-parts.ts";
import { checkNothingKept, forgetFiller, hasShadow } from "./shadow-tables.ts";

/** How many events are applied while everybody else waits. */
const REMAINING_MAX = 500;

export type Swap =
  | { readonly kind: "swapped"; readonly position: number }
  /** Too much has happened since the filler's last look, or it has to begin. */
  | { readonly kind: "behind" }
  /** Somebody else has swapped, or discarded, in the meantime. */
  | { readonly kind: "gone" };

/**
 * Puts the new tables in the live ones' place, in one transaction: everybody who uses either is waited for,
 * what the live ones have and the new ones lack is applied, names change, and the projection goes on from
 * there. What a consumer has in hand of the old tables is refused its checkpoint, and begins again.
 *
 * For an inline projection nothing can be appended meanwhile, so that what is visible is all there is. For
 * one that follows, all up to its checkpoints is settled.
 */
export const swapTables = <DB>(
  parts: ProjectionParts<DB>,
  signal: AbortSignal | undefined,
): Promise<Swap | undefined> =>
  withTables(parts, "rebuild", signal, async (tx, run): Promise<Swap> => {
    if (!(await hasShadow(parts, run))) return { kind: "gone" };
    await checkNothingKept(parts, run);
    const { filled, live } = await checkpoints(parts, run);
    if (filled === undefined) return { kind: "behind" };
    const upTo = parts.isInline ? Number.MAX_SAFE_INTEGER : Math.max(filled, live);
    const events = await remaining(parts, run, filled, upTo);
    if (events.length > REMAINING_MAX) return { kind: "behind" };
    await apply(parts, events, tx);
    const { live: names, shadow } = quotedTables(parts);
    const schemas = parts.tables.map(({ schema }) => quoteName(oldSchema(schema)));
    await runYielded(run, exchangeTables, [names, shadow, schemas]);
    await forgetFiller(parts, run);
    if (!parts.isInline) await run(placeConsumer, [parts.name, upTo]);
    const position = parts.isInline ? (events.at(-1)?.position ?? filled) : upTo;
    return { kind: "swapped", position };
  });

const checkpoints = async <DB>(
  { name, filler }: ProjectionParts<DB>,
  run: RunStatement,
): Promise<{ readonly filled: number | undefined; readonly live: number }> => {
  const names = [[name, filler.name]];
  await run(lockConsumers, names);
  const rows = await run<LockedCheckpointRow>(lockCheckpoints, names);
  const of = (consumer: string): readonly number[] =>
    rows.filter((row) => row.consumer === consumer).map(({ position }) => Number(position));
  return { filled: of(filler.name)[0], live: Math.max(0, ...of(name)) };
};

const remaining = async <DB>(
  { applier, database }: ProjectionParts<DB>,
  run: RunStatement,
  after: number,
  upTo: number,
) => {
  const plans = applier.plan.topics.map(({ plan }) => plan);
  const [server] = await run<{ life: string }>(
    unprepared("server_life", `select ${SERVER_LIFE} as life`),
  );
  const { keys, topics } = applier.plan;
  const text = readTopic(database.schema, plans, { slots: false, keys: keys !== undefined });
  const rows = await run<TopicRow>(text, [
    ...[after, upTo, REMAINING_MAX + 1, server?.life, null, null, keys ?? null],
    ...topics.map(({ passedOver }) => passedOver),
  ]);
  return rows.map(toTopicEvent);
};

const apply = async <DB>(
  { applier, filler }: ProjectionParts<DB>,
  events: Parameters<typeof applier.apply>[0],
  tx: AnnalsTransaction<DB>,
): Promise<void> => {
  await applier.apply(events, tx, ({ topic, id, sequence, position }, cause) => {
    const at = { consumer: filler.name, topic, id, sequence, position };
    return new HandlerFailedError(at, { cause });
  });
};
