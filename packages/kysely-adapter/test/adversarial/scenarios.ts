import { randomUUID } from "node:crypto";
import { CompiledQuery } from "kysely";
import pg from "pg";
import { PAUSE_LOCK } from "./mutant-readers.ts";
import type { Writing } from "./session.ts";
import { type Stage, waitingFor } from "./stage.ts";

/**
 * An interleaving of writers and one reader, step by step, that some wrong reader does not survive. A
 * scenario leaves nothing open and lets the follower catch up, so the verdict is final.
 */
export type Scenario = (stage: Stage) => Promise<void>;

/** The lower position commits after the higher one was read. */
export const lateCommit: Scenario = async ({ writing, follower, first, second }) => {
  const late = await writing.open();
  await late.deposit(first);
  await writing.deposit(second);
  await follower.catchUp();
  await late.commit();
  await writing.deposit(second);
  await follower.catchUp();
};

/** Before a step of the reader, one draws and stays open, and another passes it and commits. */
export const drawnBetweenLooks =
  (step: "lastPosition" | "writers" | "events"): Scenario =>
  async ({ writing, follower, steps, first, second }) => {
    const late = await writing.open();
    // Something to read, so that the follower comes to all of its steps.
    await writing.deposit(second);
    steps.before(step, async () => {
      await late.deposit(first);
      await writing.deposit(second);
    });
    await follower.catchUp();
    await late.commit();
    await writing.deposit(second);
    await follower.catchUp();
  };

/** The same, where the looks are one statement that waits for us between them: a mutant's. */
export const drawnWithinStatement: Scenario = (stage) =>
  withPausedReader(stage, async ({ writing, first, second }) => {
    const late = await writing.open();
    await late.deposit(first);
    await writing.deposit(second);
    return () => late.commit();
  });

/** The lower position commits after the reader's snapshot was taken and before its second look. */
export const committedBetweenLooks: Scenario = async (stage) => {
  const { writing, follower, steps, first, second } = stage;
  const late = await writing.open();
  await late.deposit(first);
  await writing.deposit(second);
  steps.before("writers", () => late.commit());
  await follower.catchUp();
  await writing.deposit(second);
  await follower.catchUp();
};

/** The same, where looks and reading are one statement that waits for us: a mutant's. */
export const committedWithinStatement: Scenario = async (stage) => {
  const late = await stage.writing.open();
  await late.deposit(stage.first);
  await stage.writing.deposit(stage.second);
  await withPausedReader(stage, async () => {
    await late.commit();
    return async () => {};
  });
};

/** The lower position belongs to a prepared transaction, which has no process. */
export const preparedLate: Scenario = async ({ writing, follower, first, second }) => {
  const late = await prepared(writing, first);
  await writing.deposit(second);
  await follower.catchUp();
  await writing.db.executeQuery(commitPrepared(late));
  await writing.deposit(second);
  await follower.catchUp();
};

/** A transaction that wrote elsewhere first has the lower id and the higher position. */
export const earlyTransactionId: Scenario = async ({ writing, follower, first }) => {
  const early = await writing.open();
  await early.writeElsewhere();
  await writing.deposit(first);
  await early.deposit(first);
  await early.commit();
  await follower.catchUp();
};

/** The lower transaction id commits the higher position while the higher id is still open. */
export const crossedIds: Scenario = async ({ writing, follower, first, second }) => {
  const early = await writing.open();
  await early.writeElsewhere();
  const late = await writing.open();
  await late.deposit(first);
  await early.deposit(second);
  await early.commit();
  await follower.catchUp();
  await late.commit();
  await writing.deposit(second);
  await follower.catchUp();
};

/** Lets `meanwhile` happen while the reader's statement waits; then goes on and finishes. */
const withPausedReader = async (
  stage: Stage,
  meanwhile: (stage: Stage) => Promise<() => Promise<void>>,
): Promise<void> => {
  const { writing, follower, second, connectionString } = stage;
  const pause = new pg.Client({ connectionString });
  await pause.connect();
  await pause.query("select pg_advisory_lock($1)", [PAUSE_LOCK]);
  const reading = follower.catchUp();
  await waitingFor(stage.db, "advisory");
  const finish = await meanwhile(stage);
  await pause.end();
  await reading;
  await finish();
  await writing.deposit(second);
  await follower.catchUp();
};

/** Leaves an append prepared, and returns the name of its transaction. */
export const prepared = async (writing: Writing, id: string): Promise<string> => {
  const session = await writing.open();
  await session.deposit(id);
  const gid = `late-${randomUUID()}`;
  await session.prepare(gid);
  return gid;
};

export const commitPrepared = (gid: string): CompiledQuery =>
  CompiledQuery.raw(`commit prepared '${gid}'`);
