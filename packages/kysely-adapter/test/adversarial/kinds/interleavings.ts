import { randomUUID } from "node:crypto";
import { type ControlledTransaction, sql } from "kysely";
import type { KindTables } from "./ground.ts";
import { type KindWriting, TOPICS, writeElsewhere } from "./writing.ts";

export interface Interleaved {
  readonly writing: KindWriting;
  /** Lets every consumer handle everything that is settled. */
  readonly look: () => Promise<void>;
}

/**
 * Writers of several topics and consumers, step by step. Who is late writes to the first key, others to
 * another; at the end nothing is open and everything was looked at.
 */
export type Interleaving = (stage: Interleaved) => Promise<void>;

/** A transaction for each topic draws first, and they commit one by one, in the other order. */
export const lateCommits: Interleaving = async ({ writing, look }) => {
  const late: ControlledTransaction<KindTables>[] = [];
  for (const topic of TOPICS) {
    const tx = await writing.open();
    await writing.write(topic, 0, tx);
    late.unshift(tx);
  }
  await writing.writeAll(1);
  await look();
  for (const tx of late) {
    await tx.commit().execute();
    await writing.writeAll(1);
    await look();
  }
};

/** Transaction ids that are older than their positions, and cross with those of others. */
export const earlyTransactionIds: Interleaving = async ({ writing, look }) => {
  const [first, second] = [await writing.open(), await writing.open()];
  await writeElsewhere(first);
  await writeElsewhere(second);
  await writing.writeAll(1);
  await writing.writeAll(0, second);
  await look();
  await writing.writeAll(2, first);
  await first.commit().execute();
  await writing.writeAll(1);
  await look();
  await second.commit().execute();
  await look();
};

/** Two appends to one entity or key in one transaction, with others' and a look between them. */
export const twiceInOneTransaction: Interleaving = async ({ writing, look }) => {
  const tx = await writing.open();
  await writing.writeAll(0, tx);
  await writing.writeAll(1);
  await look();
  await writing.writeAll(0, tx);
  await writing.writeAll(1);
  await tx.commit().execute();
  await look();
};

/** What is drawn after a savepoint is rolled back to it; what came before and after is committed. */
export const savepoints: Interleaving = async ({ writing, look }) => {
  const tx = await writing.open();
  await writing.writeAll(0, tx);
  await sql`savepoint undone`.execute(tx);
  await writing.writeAll(2, tx);
  await look();
  await sql`rollback to savepoint undone`.execute(tx);
  await writing.writeAll(1);
  await look();
  await sql`savepoint kept`.execute(tx);
  await writing.writeAll(2, tx);
  await sql`release savepoint kept`.execute(tx);
  await tx.commit().execute();
  await look();
};

/** Positions that were drawn and given up lie between those of others. */
export const rollbacks: Interleaving = async ({ writing, look }) => {
  const [undone, late] = [await writing.open(), await writing.open()];
  await writing.writeAll(0, undone);
  await writing.writeAll(2, late);
  await writing.writeAll(1);
  await look();
  await undone.rollback().execute();
  await look();
  await writing.writeAll(0);
  await late.commit().execute();
  await look();
};

/** What is prepared has no process, and is committed long after those that drew later. */
export const preparedTransactions: Interleaving = async ({ writing, look }) => {
  const gid = `late-${randomUUID()}`;
  const tx = await writing.open();
  await writing.writeAll(0, tx);
  await sql.raw(`prepare transaction '${gid}'`).execute(tx);
  await tx.rollback().execute();
  await writing.writeAll(1);
  await look();
  await sql.raw(`commit prepared '${gid}'`).execute(writing.db);
  await writing.writeAll(1);
  await look();
};

/** Partitions are closed and added while somebody who has published is still to commit. */
export const partitionsBetween: Interleaving = async ({ writing, look }) => {
  const tx = await writing.open();
  await writing.write("notice", 0, tx);
  for (let turn = 0; turn < 25; turn += 1) await writing.write("notice", 1);
  await writing.notices.maintain();
  await writing.write("notice", 1);
  await look();
  await writing.write("notice", 0, tx);
  await tx.commit().execute();
  await writing.notices.maintain();
  await look();
};
