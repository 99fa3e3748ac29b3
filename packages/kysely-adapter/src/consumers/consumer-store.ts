import {
  type AdvanceWork,
  type CheckpointMove,
  type ConsumerPlan,
  type ConsumerStore,
  scopeOf,
} from "@annals/core/adapter";
import { CompiledQuery } from "kysely";
import type { AnnalsTransaction } from "../connection/annals-transaction.ts";
import type { Database } from "../connection/database.ts";
import { topicIdentity } from "../connection/schema-name.ts";
import { isTransient } from "../connection/sqlstate.ts";
import type { Statement } from "../connection/statement.ts";
import { transaction } from "../connection/transaction.ts";
import { progressOf, WakeUps } from "../connection/wake-ups.ts";
import {
  moveCheckpoint,
  type ProgressRow,
  readProgress,
} from "../statements/consumer-checkpoint.ts";
import { noteFollows } from "../statements/consumer-registration.ts";
import { qualify } from "../tables/quote.ts";
import { NotSettledError } from "./not-settled-error.ts";
import { registration } from "./registration.ts";
import { ServerRestartedError } from "./server-restarted-error.ts";
import { slotLeases } from "./slot-leases.ts";
import { changeStatements, slotTrouble } from "./slot-trouble.ts";
import { TopicReader } from "./topic-reader.ts";

/** What a consumer does on PostgreSQL: reads up to the settled position, shares slots, keeps checkpoints. */
export const consumerStore = <DB>(
  database: Database<DB>,
  plan: ConsumerPlan,
): ConsumerStore<AnnalsTransaction<DB>> => {
  const { name } = plan;
  const declared = plan.topics.map((topic) => topicIdentity(database.schema, topic.plan));
  const tables = plan.topics.map((topic) => qualify(database.schema, topic.plan.eventsTable));
  const reader = new TopicReader(database, plan);
  const run = async <Row>(
    text: Statement,
    parameters: readonly unknown[],
    call: string,
    join: AnnalsTransaction<DB> | "none" = "none",
  ) => (await database.run<Row>(text, parameters, join, [name, call])).rows;

  const move = async (
    { slot, epoch, from, to, moves, life }: CheckpointMove,
    join: AnnalsTransaction<DB> | "none",
  ): Promise<boolean> => {
    const parameters = [name, slot, epoch, from, to, life ?? null, moves];
    return (await run(moveCheckpoint, parameters, "move", join)).length > 0;
  };

  const registered = registration(plan, { topics: declared, tables }, run);

  return {
    ...registered,

    open: async () => {
      await registered.open();
      await run(noteFollows, [name, followsText(plan, tables)], "open");
    },

    place: async (at) => {
      const place = await registered.place(at);
      reader.know({ position: place.position, serverStart: place.life });
      return place;
    },

    ...slotLeases(plan, declared, run),
    ...slotTrouble(database, plan, run),

    read: (request) => reader.read(request),

    watch: (wake) =>
      WakeUps.of(database.identity).watch(tables, () => {
        reader.expectNews();
        wake();
      }),

    settled: async () => (await reader.settled()).position,

    progress: async (except) => {
      const [row] = await run<ProgressRow>(readProgress, [name, except], "progress");
      return row?.position == null ? Number.POSITIVE_INFINITY : Number(row.position);
    },

    advance: async (to, { effects, changes } = {}) => {
      const write = async (tx: AnnalsTransaction<DB>): Promise<boolean> => {
        for (const [text, parameters] of changeStatements(name, changes?.() ?? [])) {
          await run(text, parameters, "advance", tx);
        }
        return move(to, tx);
      };
      const isOneStatement = effects === undefined && (changes?.() ?? []).length === 0;
      const ended = isOneStatement
        ? "unused"
        : await withEffects(database, { effects, changes }, write);
      const isMoved = ended === "unused" ? await move(to, "none") : ended === "moved";
      // Another life of the server may be why.
      if (isMoved) progressOf(database.identity).wake([name]);
      else reader.forget();
      return isMoved;
    },

    isTransient: (error) =>
      error instanceof ServerRestartedError ||
      error instanceof NotSettledError ||
      isTransient(error),
  };
};

/** What the consumer reads, as `annals.consumers.follows` has it. */
const followsText = ({ topics, keys }: ConsumerPlan, tables: readonly string[]): string =>
  JSON.stringify({
    keys: keys ?? null,
    topics: topics.map(({ plan, passedOver }, at) => ({
      topic: plan.name,
      table: tables[at],
      passedOver,
    })),
  });

/**
 * The checkpoint's move is the transaction's last statement, so that its row is locked for a moment only.
 *
 * @returns "unused" when nothing was done, so that there is nothing for the move to be together with.
 */
const withEffects = async <DB>(
  database: Database<DB>,
  { effects, changes }: AdvanceWork<AnnalsTransaction<DB>>,
  write: (tx: AnnalsTransaction<DB>) => Promise<boolean>,
): Promise<"moved" | "stayed" | "unused"> => {
  try {
    return await transaction(database.db, async (tx) => {
      try {
        await effects?.(tx);
      } catch (error) {
        await closed(tx);
        throw error;
      }
      if ((changes?.() ?? []).length === 0 && (await isUnused(database, tx))) return "unused";
      if (!(await write(tx))) throw new NotMoved();
      return "moved";
    });
  } catch (error) {
    if (error instanceof NotMoved) return "stayed";
    throw error;
  }
};

const isUnused = async <DB>(database: Database<DB>, tx: AnnalsTransaction<DB>): Promise<boolean> =>
  scopeOf(tx)?.hasHooks === false && !(await database.hasBegun(tx));

/**
 * Lets nothing more into a transaction whose handler failed, and waits for what it has sent. A handler that
 * was given up goes on, and one that failed may have left statements behind: on the same connection, they
 * would come after the rollback and be committed.
 */
const closed = async <DB>(tx: AnnalsTransaction<DB>): Promise<void> => {
  scopeOf(tx)?.close();
  // Statements queue up for the connection; the second comes behind all that were on their way to the queue.
  for (let turn = 0; turn < 2; turn += 1) {
    await tx
      .withoutPlugins()
      .executeQuery(CompiledQuery.raw("select"))
      .catch(() => {});
  }
};

/** Rolls back what was done under a lease that is lost. */
class NotMoved extends Error {}
