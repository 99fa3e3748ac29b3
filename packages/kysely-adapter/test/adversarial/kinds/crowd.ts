import { setTimeout as sleep } from "node:timers/promises";
import { ConcurrentModificationError } from "@annals/core";
import type { Random } from "@annals/faults";
import { sql, type Transaction } from "kysely";
import { isTransient } from "../../../src/connection/sqlstate.ts";
import { transaction } from "../../../src/index.ts";
import type { KindTables } from "./ground.ts";
import { type KindWriting, TOPICS, writeElsewhere } from "./writing.ts";

export const KEYS = 4;

type Act = (one: Writer) => Promise<void>;

interface Writer {
  readonly name: string;
  readonly writing: KindWriting;
  readonly random: Random;
}

/** Thrown on purpose, to roll back. */
class Regret extends Error {}

const anywhere = ({ name, writing, random }: Writer, tx?: Transaction<KindTables>): Promise<void> =>
  writing.write(random.pick(TOPICS), random.between(0, KEYS - 1), tx, name);

const inTransaction = (
  { writing, random }: Writer,
  work: (tx: Transaction<KindTables>) => Promise<void>,
): Promise<void> =>
  transaction(writing.db, async (tx) => {
    await work(tx);
    if (random.chance(0.3)) await sleep(random.between(1, 40));
  });

const alone: Act = (writer) => anywhere(writer);

const several: Act = (writer) =>
  inTransaction(writer, async (tx) => {
    for (let left = writer.random.between(2, 3); left > 0; left -= 1) await anywhere(writer, tx);
  });

const elsewhereFirst: Act = (writer) =>
  inTransaction(writer, async (tx) => {
    await writeElsewhere(tx);
    await sleep(writer.random.between(0, 10));
    await anywhere(writer, tx);
  });

const twice: Act = (writer) =>
  inTransaction(writer, async (tx) => {
    const { name, writing, random } = writer;
    const [topic, key] = [random.pick(TOPICS), random.between(0, KEYS - 1)];
    await writing.write(topic, key, tx, name);
    await writing.write(topic, key, tx, name);
  });

const undoneInPart: Act = (writer) =>
  inTransaction(writer, async (tx) => {
    await sql`savepoint undone`.execute(tx);
    await anywhere(writer, tx);
    await sql`rollback to savepoint undone`.execute(tx);
    await anywhere(writer, tx);
  });

const undone: Act = (writer) =>
  inTransaction(writer, async (tx) => {
    await anywhere(writer, tx);
    throw new Regret();
  });

const ACTS: readonly (readonly [weight: number, act: Act])[] = [
  [8, alone],
  [3, several],
  [3, elsewhereFirst],
  [2, twice],
  [2, undoneInPart],
  [2, undone],
];

/** What a writer among many on few keys has to expect. */
const isExpected = (error: unknown): boolean =>
  error instanceof Regret ||
  error instanceof ConcurrentModificationError ||
  isTransient(error) ||
  (error instanceof Error && isTransient(error.cause));

/** Does so many random things one after the other. */
export const busy = async (writer: Writer, acts: number): Promise<void> => {
  for (let left = acts; left > 0; left -= 1) {
    await writer.random
      .weighted(ACTS)(writer)
      .catch((error: unknown) => {
        if (!isExpected(error)) throw error;
      });
  }
};
