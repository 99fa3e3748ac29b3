import type { EmbeddedServer } from "@annals/testing/postgres";
import { CompiledQuery } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backendCrash, type Crash, serverCrash } from "./adversarial/crash.ts";
import { startGround } from "./adversarial/ground.ts";
import { FLAWLESS, type Verdict } from "./adversarial/judge.ts";
import { type Mutant, withoutLives } from "./adversarial/mutant-readers.ts";
import { chosenBinaries, noOwnServer } from "./adversarial/own-server.ts";
import { commitPrepared, prepared } from "./adversarial/scenarios.ts";
import { type Stage, setStage } from "./adversarial/stage.ts";

const skipped = noOwnServer();

type CrashScenario = (stage: Stage, crash: () => Promise<void>) => Promise<void>;

/** A prepared transaction bears another identity after the crash, as if the first had ended. */
const preparedAcrossCrash: CrashScenario = async ({ writing, follower, first, second }, crash) => {
  const late = await prepared(writing, first);
  await writing.deposit(second);
  await follower.catchUp();
  await crash();
  await follower.catchUp();
  await writing.db.executeQuery(commitPrepared(late));
  await writing.deposit(second);
  await follower.catchUp();
};

/** The same, with the crash between the two looks of one reading. */
const preparedBetweenLooks: CrashScenario = async (stage, crash) => {
  const { writing, follower, steps, first, second } = stage;
  const late = await prepared(writing, first);
  await writing.deposit(second);
  await follower.catchUp();
  steps.crashBefore("writers", crash);
  await follower.catchUp();
  await writing.db.executeQuery(commitPrepared(late));
  await writing.deposit(second);
  await follower.catchUp();
};

/**
 * The sequence writes to the log every 32 draws, and nothing flushes that before a commit: a crash
 * takes such draws back, and gives the same positions out again. What was settled above them is not.
 */
const drawsTakenBack: CrashScenario = async (stage, crash) => {
  const { db, writing, follower, first, second } = stage;
  // Once in a while the writer of the log wakes up in between, and nothing is taken back.
  while (!(await losesDraws(stage, crash)));
  const late = await writing.open();
  await late.deposit(first);
  await writing.deposit(second);
  // Past what it was before the crash: no look can see that the sequence ever stood lower.
  await db.executeQuery(
    CompiledQuery.raw("select nextval('annals.position') from generate_series(1, 100)"),
  );
  await follower.catchUp();
  await late.commit();
  await writing.deposit(second);
  await follower.catchUp();
};

/** Draws without committing, lets the follower look, and crashes. Says whether draws were lost. */
const losesDraws = async (
  { db, follower, connectionString }: Stage,
  crash: () => Promise<void>,
): Promise<boolean> => {
  const drawing = new pg.Client({ connectionString });
  drawing.on("error", () => {});
  await drawing.connect();
  await drawing.query("begin");
  await drawing.query("select nextval('annals.position') from generate_series(1, 100)");
  await follower.catchUp();
  const before = await lastPosition(db);
  await crash();
  await drawing.end().catch(() => {});
  return (await lastPosition(db)) < before - 50;
};

const lastPosition = async (db: Stage["db"]): Promise<number> => {
  const { rows } = await db.executeQuery<{ last: string }>(
    CompiledQuery.raw("select last_value as last from annals.position"),
  );
  return Number(rows[0]?.last);
};

describe.skipIf(skipped !== undefined)(`readers across a crash ${skipped ?? ""}`, () => {
  let server: EmbeddedServer;
  beforeAll(async () => {
    // The writer of the log sleeps long enough to leave what nobody commits in memory.
    const settings = { wal_writer_delay: "10s" };
    server = await startGround({ binaries: chosenBinaries(), settings });
  });
  afterAll(() => server?.stop());

  const played = async (
    scenario: CrashScenario,
    crash: Crash,
    mutant?: Mutant,
  ): Promise<Verdict> => {
    const stage = await setStage(server, { mutant });
    try {
      await scenario(stage, () => crash(server));
      return await stage.verdict();
    } finally {
      await stage.close();
    }
  };

  const scenarios: [string, CrashScenario][] = [
    ["a prepared transaction", preparedAcrossCrash],
    ["a prepared transaction, between its looks", preparedBetweenLooks],
    ["draws that are taken back", drawsTakenBack],
  ];
  const crashes: [string, Crash][] = [
    ["the server", serverCrash],
    ["one backend", backendCrash],
  ];
  for (const [what, crash] of crashes) {
    it.each(scenarios)(`the consumer is right over a crash of ${what} with %s`, async (_, play) => {
      const verdict = await played(play, crash);
      expect(verdict).toMatchObject(FLAWLESS);
      expect(verdict.delivered).toBe(verdict.events);
    });

    it.each(scenarios)(
      `a reader that knows one life only is caught by a crash of ${what} with %s`,
      async (_, play) => {
        expect(await played(play, crash, withoutLives)).toMatchObject({ lost: 1 });
      },
    );
  }
});
